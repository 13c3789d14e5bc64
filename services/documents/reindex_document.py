"""Read a document anew."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import NotFound
from models.documents import Document, DocumentStatus
from repositories.documents import DocumentRepository


class ReindexDocument:
    """Has a document parsed and indexed again; it stays in answers until the new chunks are there."""

    def __init__(self, *, documents: DocumentRepository, index_soon: Callable[[Document], None]) -> None:
        self._documents = documents
        self._index_soon = index_soon

    def reindex(self, document: Document) -> None:
        """Ask for it; ``NotFound`` when the document was deleted meanwhile."""
        status = DocumentStatus.READY if document.live_version else DocumentStatus.PENDING
        opened = self._documents.set_work(
            document, is_open=True, status=status, progress=0, error=None, attempts=0
        )
        if not opened:
            raise NotFound
        self._index_soon(document)
