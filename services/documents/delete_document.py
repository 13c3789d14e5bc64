"""Delete a document."""

from __future__ import annotations

from models.documents import Document
from repositories.assistants import AssistantRepository
from repositories.documents import DocumentRepository
from services.documents.changes import gone, is_gone
from services.documents.purge_document import PurgeDocument


class DeleteDocument:
    """Makes a document invisible, then removes all that belongs to it."""

    def __init__(
        self, *, assistants: AssistantRepository, documents: DocumentRepository, purge: PurgeDocument
    ) -> None:
        self._assistants = assistants
        self._documents = documents
        self._purge = purge

    def delete(self, document: Document) -> None:
        """Remove the document; what a crash leaves is removed at the next start."""
        self._assistants.begin_change(document.assistant_id, gone(document.id))
        self._delete_replaced(document)
        self._documents.mark_deleted(document)
        self._delete_replaced(document)  # it may have become ready in between; from here on it cannot
        self._assistants.end_change(document.assistant_id, gone(document.id))
        self._purge.purge(document)

    def end_left_over(self) -> None:
        """Strike out deletions that a process began and did not live to do: searches read anew while one is named.

        For the start alone: a deletion that is under way would lose its mark.
        """
        for assistant_id, changes in self._assistants.left_changing().items():
            for change in filter(is_gone, changes):
                self._assistants.end_change(assistant_id, change)

    def _delete_replaced(self, document: Document) -> None:
        """Remove what this one has replaced, but not cleared away yet: it must not come back to light."""
        current = self._documents.get_any(document.id)
        if current is None or not current.live_version:
            return
        for older in self._documents.same_name(document):
            if document.id in older.replaced_by:
                self._documents.mark_deleted(older)
                self._purge.purge(older)
