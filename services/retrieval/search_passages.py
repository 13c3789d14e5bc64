"""Search an assistant's documents for the passages that answer a question."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.embeddings.base import Embedder
from integrations.vectorstores.base import VectorStore
from models.assistants import Assistant
from models.documents import DocumentType, SearchResult
from services.retrieval.knowledge import Knowledge


class SearchPassages:
    """Finds passages by words, by character n-grams and by vectors, and says whether they are evidence.

    One object serves every thread. ``index_bytes`` bounds the memory of the lexical indexes kept.
    """

    def __init__(
        self, *, knowledge: Knowledge, embedder: Embedder, vectors: VectorStore, index_bytes: int = 256 << 20
    ) -> None:
        self._knowledge = knowledge
        self._embedder = embedder
        self._vectors = vectors
        self._index_bytes = index_bytes

    def search(
        self,
        assistant: Assistant,
        query: str,
        top_k: int,
        history: Sequence[str] = (),
        document_type: DocumentType = DocumentType.RAG,
    ) -> SearchResult:
        """At most ``top_k`` passages, best first, from what was live at ``assistant.knowledge_version`` or later.

        ``history`` is what the contact asked before, oldest first. Nothing found (or an assistant without
        documents) is an empty result; ``Unavailable`` only when the records cannot be read.
        """
        raise NotImplementedError
