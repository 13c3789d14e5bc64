"""Delete an assistant and everything that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from integrations.files import FileStore
from integrations.index_files import IndexFiles
from integrations.vectorstores.base import VectorStore
from models.assistants import Assistant
from models.documents import DocumentType
from repositories.assistants import AssistantRepository
from repositories.chats import ChatRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.messages import MessageRepository
from repositories.outbox import OutboxRepository
from services.retrieval.embedders import Embedders


class Kept(Protocol):
    """Records that belong to an assistant and mean nothing without it."""

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every one of an assistant."""
        ...


class DeleteAssistant:
    """Makes an assistant invisible, its key dead, then removes the rest; each step can run twice.

    ``others`` are the records that nothing but their own collection holds.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        chats: ChatRepository,
        messages: MessageRepository,
        outbox: OutboxRepository,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        others: Sequence[Kept],
        files: FileStore,
        index_files: IndexFiles,
        embedders: Embedders,
        vectors: VectorStore,
    ) -> None:
        self._assistants = assistants
        self._chats = chats
        self._messages = messages
        self._outbox = outbox
        self._documents = documents
        self._chunks = chunks
        self._others = others
        self._files = files
        self._index_files = index_files
        self._embedders = embedders
        self._vectors = vectors

    def delete(self, assistant: Assistant) -> None:
        """Delete it; what a crash leaves is removed by ``finish_all``."""
        self._assistants.mark_deleted(assistant.id)
        self.finish(assistant.id)

    def finish_all(self) -> None:
        """Finish every deletion that was begun."""
        for assistant_id in self._assistants.marked_deleted():
            self.finish(assistant_id)

    def finish(self, assistant_id: str) -> None:
        """Remove whatever is left of one assistant.

        While one of its documents is worked on its own record stays: who writes to it after this finishes it again,
        or the next sweep does.
        """
        is_worked_on = any(document.lease for document in self._documents.all_of(assistant_id))
        self._outbox.delete_all_of(assistant_id)
        self._messages.delete_all_of(assistant_id)
        self._chats.delete_all_of(assistant_id)
        self._documents.delete_all_of(assistant_id)
        self._chunks.delete_all_of(assistant_id)
        for kept in self._others:
            kept.delete_all_of(assistant_id)
        for document_type in DocumentType:
            for collection in self._embedders.collections(assistant_id, document_type):
                self._vectors.drop(collection)
        self._embedders.caught_up(assistant_id)
        self._files.remove_assistant(assistant_id)
        self._index_files.drop(assistant_id)
        if not is_worked_on:
            self._assistants.forget(assistant_id)
