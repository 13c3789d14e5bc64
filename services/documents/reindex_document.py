"""Read a document anew."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import NotFound
from models.documents import Document
from repositories.documents import DocumentRepository
from repositories.scope import Scope


class ReindexDocument:
    """Has a document parsed and indexed again; it stays in answers until the new chunks are there."""

    def __init__(self, *, documents: DocumentRepository, index_soon: Callable[[Document], None]) -> None:
        self._documents = documents
        self._index_soon = index_soon

    def reindex(self, document: Document) -> None:
        """Ask for it; ``NotFound`` when the document was deleted meanwhile."""
        current: Document | None = document
        while current is not None and not self._documents.reopen(current):
            # Its indexing ended in this moment: look again, so that its new state is not written over.
            current = self._documents.get(Scope(assistant_id=document.assistant_id), document.id)
        if current is None:
            raise NotFound
        self._index_soon(current)
