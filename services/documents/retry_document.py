"""Try a document again that could not be read."""

from __future__ import annotations

from collections.abc import Callable

from kit.errors import Conflict
from models.documents import Document, Stage
from repositories.documents import DocumentRepository


class RetryDocument:
    """Has a document that failed read anew, with all its tries before it."""

    def __init__(self, *, documents: DocumentRepository, index_soon: Callable[[Document], None]) -> None:
        self._documents = documents
        self._index_soon = index_soon

    def retry(self, document: Document) -> None:
        """Ask for it; ``Conflict`` when it has not failed, or is being tried again already.

        One that is in answers while its last reading failed counts as failed.
        """
        failed = document.stage is Stage.FAILED or (document.stage is Stage.READY and document.error)
        if not failed or not self._documents.retry(document):
            raise Conflict("The document has not failed.", code="not_failed")
        self._index_soon(document)
