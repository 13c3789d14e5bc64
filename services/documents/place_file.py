"""Which of several documents of one name has the name's place on disk."""

from __future__ import annotations

from contextlib import AbstractContextManager

from integrations.files import FileStore, Received
from models.documents import Document, DocumentType
from repositories.documents import DocumentRepository


class PlaceFile:
    """Gives files their places, moves them aside and hands places on.

    A record says ``aside`` only while the file is: it is written after a move aside and before a move
    back. So whatever a crash interrupts, no file is taken for another document's.
    """

    def __init__(self, *, documents: DocumentRepository, files: FileStore) -> None:
        self._documents = documents
        self._files = files

    def naming(self, assistant_id: str) -> AbstractContextManager[None]:
        """Held while names and places of an assistant's documents change, by whichever process."""
        return self._files.naming(assistant_id)

    def put(self, received: Received, document: Document, earlier: list[Document]) -> None:
        """Give an upload its place: a prompt takes the name's at once, knowledge waits beside it."""
        if document.type is DocumentType.PROMPT:
            for older in earlier:
                self._move_aside(older)
        self._files.place(received, document, aside=document.aside)

    def take(self, document: Document) -> None:
        """Move a document to its name's place, if that is free; again is the same."""
        if not document.aside and not self._files.is_aside(document):
            return
        with self.naming(document.assistant_id):
            if self._is_free_for(document):
                self._move_back(document)

    def remove(self, document: Document) -> bool:
        """Remove a deleted document's file; its place goes to the newest of its name.

        ``False``, and nothing is removed, where the document turns out not to be deleted.
        """
        with self.naming(document.assistant_id):
            current = self._documents.get_any(document.id)
            if current is not None and not current.deleted:
                return False
            had_place = self._is_free_for(document)
            self._files.remove(document, owns_place=had_place)
            heirs = self._documents.same_name(document)
            if had_place and heirs:
                self._move_back(heirs[-1])
        return True

    def _is_free_for(self, document: Document) -> bool:
        """Whether the place is this document's or nobody's: all others of its name lie aside."""
        others = self._documents.same_name(document)
        return all(other.aside or self._files.is_aside(other) for other in others)

    def _move_aside(self, document: Document) -> None:
        if not document.aside:
            self._files.set_aside(document)
            self._documents.set_aside(document, aside=True)

    def _move_back(self, document: Document) -> None:
        self._documents.set_aside(document, aside=False)
        self._files.promote(document)
