"""Find documents as the caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from integrations.files import FileStore
from kit.errors import NotFound
from models.actors import Actor
from models.documents import Document
from models.pages import Page, merge_pages
from repositories.documents import DocumentRepository
from services.assistants.find_assistants import FindAssistants
from services.documents.recorded_knowledge import live_of


class FindDocuments:
    """Reads documents; one that was replaced is gone from the moment its successor is in answers."""

    def __init__(
        self, *, documents: DocumentRepository, assistants: FindAssistants, files: FileStore
    ) -> None:
        self._documents = documents
        self._assistants = assistants
        self._files = files

    def get(self, actor: Actor, document_id: str) -> Document:
        """The document, or ``NotFound``."""
        document = self._assistants.first_seen(actor, document_id, self._documents.get)
        if document is None:
            raise NotFound
        self._assistants.get(actor, document.assistant_id)
        if self._replaced([document]):
            raise NotFound
        return document

    def page(self, actor: Actor, assistant_id: str, limit: int, cursor: str) -> Page[Document]:
        """The documents that the caller may see, or those of one assistant alone; newest first."""
        pages = (
            self._documents.page(one, limit, cursor) for one in self._assistants.scopes(actor, assistant_id)
        )
        found = merge_pages(pages, limit, lambda document: document.id)
        gone = self._replaced(found.items)
        return Page(tuple(one for one in found.items if one.id not in gone), found.next_cursor)

    def count(self, actor: Actor, assistant_id: str) -> int:
        """How many documents a list would give in all."""
        return sum(self._documents.count(one) for one in self._assistants.scopes(actor, assistant_id))

    def content(self, document: Document) -> BinaryIO:
        """The file as uploaded, open; ``NotFound`` when the disk has lost it."""
        try:
            return self._files.open(document)
        except FileNotFoundError:
            raise NotFound("The file is not on the disk any more.", code="file_missing") from None

    def _replaced(self, documents: Sequence[Document]) -> set[str]:
        """The ids of those that a later upload has replaced already.

        Those among them are taken as they were read: of an old and a new one a list shows one ready.
        """
        read = {document.id: document for document in documents}
        gone = set()
        for document in documents:
            newer = [read[one] for one in document.replaced_by if one in read]
            unread = [one for one in document.replaced_by if one not in read]
            if unread:
                newer += self._documents.by_ids(document.assistant_id, unread)
            if live_of(newer):
                gone.add(document.id)
        return gone
