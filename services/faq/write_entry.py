"""Bring a curated answer into answers, and out of them."""

from __future__ import annotations

from dataclasses import replace

from integrations.vectorstores.base import VectorStore
from kit.errors import NotFound
from models.documents import DocumentType
from models.faq import FaqEntry
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.faq import FaqRepository
from services.documents.purge_document import PurgeDocument
from services.documents.write_chunks import embedded_text
from services.retrieval.embedders import Embedders
from services.retrieval.knowledge import collection_name

CHANGE = "faq"


class WriteEntry:
    """An entry is a document of one chunk to whoever searches: chunk and vector first, then the record, in one write.

    When a call returns, the next search knows of it. What an interrupted one leaves is in no answer.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        entries: FaqRepository,
        chunks: ChunkRepository,
        embedders: Embedders,
        vectors: VectorStore,
        purge: PurgeDocument,
    ) -> None:
        self._assistants = assistants
        self._entries = entries
        self._chunks = chunks
        self._embedders = embedders
        self._vectors = vectors
        self._purge = purge

    def add(self, entry: FaqEntry) -> None:
        """A new one; ``Duplicate`` when the assistant has its question already."""
        self._place(entry)
        self._entries.add(entry)
        self._assistants.end_change(entry.assistant_id, CHANGE)

    def change(self, before: FaqEntry, entry: FaqEntry) -> FaqEntry:
        """One in the place of another, as it is then; ``NotFound`` when that is gone."""
        entry = replace(entry, version=before.version + 1)
        self._purge.purge_version(before.document, entry.version)  # what an interrupted try left
        self._place(entry)
        if not self._entries.update(entry, was_version=before.version):
            if self._entries.get(entry.assistant_id, entry.id) is None:
                self._purge.purge_chunks(entry.document)
            raise NotFound
        self._assistants.end_change(entry.assistant_id, CHANGE)
        self._purge.purge_versions(entry.document, below=entry.version)
        return entry

    def remove(self, entry: FaqEntry) -> bool:
        """Out of answers, and away; whether it was there."""
        there = self._entries.delete(entry.assistant_id, entry.id)
        self._assistants.end_change(entry.assistant_id, CHANGE)
        self._purge.purge_chunks(entry.document)
        return there

    def _place(self, entry: FaqEntry) -> None:
        chunk = entry.chunk
        self._chunks.add_all([chunk])
        for embedder in self._embedders.of_writing(entry.assistant_id):
            collection = collection_name(entry.assistant_id, DocumentType.RAG, embedder.name)
            self._vectors.add(collection, [chunk.id], embedder.embed([embedded_text(chunk)]))
