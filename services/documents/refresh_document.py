"""Fetch a page anew."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import Conflict
from models.documents import Document
from repositories.documents import DocumentRepository


class RefreshDocument:
    """Has a document fetched again from its page; it stays in answers until the new copy is read."""

    def __init__(self, *, documents: DocumentRepository, index_soon: Callable[[Document], None]) -> None:
        self._documents = documents
        self._index_soon = index_soon

    def refresh(self, document: Document) -> None:
        """Ask for it; ``Conflict`` for an upload, and while something is being done with it."""
        if not document.source_url:
            raise Conflict("The document was uploaded, not fetched.", code="not_fetched")
        if not self._documents.ask_for_fetch(document):
            raise Conflict("The document is being read at the moment.", code="busy")
        self._index_soon(document)
