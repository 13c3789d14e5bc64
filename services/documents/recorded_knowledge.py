"""What assistants know, read from the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.documents import Chunk, Document, DocumentType
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.faq import FaqRepository
from services.documents.recent_chunks import RecentChunks
from services.retrieval.knowledge import LiveDocuments

# Up to so many documents are read one by one; more are read in one sweep over the assistant's chunks.
ONE_BY_ONE = 20


class RecordedKnowledge:
    """Implements ``services.retrieval.knowledge.Knowledge`` on MongoDB."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        faq: FaqRepository,
    ) -> None:
        self._assistants = assistants
        self._documents = documents
        self._chunks = chunks
        self._faq = faq
        self._recent = RecentChunks()

    def live_documents(self, assistant_id: str, document_type: DocumentType) -> LiveDocuments:
        """The documents in answers, curated answers among them; for ``prompt`` the newest alone."""
        # Asked when an assistant's documents have changed: chunks that are gone must not be found any longer.
        self._recent.forget(assistant_id)
        assistant = self._assistants.by_id(assistant_id)
        if assistant is None:
            return LiveDocuments(0, ())
        live = live_of(self._documents.of_assistant(assistant_id, document_type))
        if document_type is DocumentType.PROMPT:
            live = live[-1:]
        else:
            live += [entry.document for entry in self._faq.each(assistant_id)]
        return LiveDocuments(assistant.knowledge_version, tuple(live))

    def chunks_of(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Chunk]:
        """The chunks of the documents' live versions."""
        if len(documents) <= ONE_BY_ONE:
            yield from self._chunks.of_documents(assistant_id, documents)
            return
        versions = {document.id: document.live_version for document in documents}
        for chunk in self._chunks.of_assistant(assistant_id, documents[0].type):
            if versions.get(chunk.document_id) == chunk.version:
                yield chunk

    def chunks_by_ids(self, assistant_id: str, ids: Sequence[str]) -> list[Chunk]:
        """The assistant's chunks of these ids."""
        known = self._recent.find(assistant_id, ids)
        missing = [one for one in ids if one not in known]
        if missing:
            read = self._chunks.by_ids(assistant_id, missing)
            self._recent.add(assistant_id, read)
            known.update((chunk.id, chunk) for chunk in read)
        return list(known.values())


def live_of(documents: Sequence[Document]) -> list[Document]:
    """Those that answers are made from: they have a live version, and no later upload of their name has one."""
    live = {document.id for document in documents if document.live_version}
    return [
        document for document in documents if document.id in live and live.isdisjoint(document.replaced_by)
    ]
