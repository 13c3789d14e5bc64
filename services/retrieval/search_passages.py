"""Search an assistant's documents for the passages that answer a question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from integrations.embeddings.base import Embedder
from integrations.vectorstores.base import VectorStore
from kit.errors import Unavailable
from kit.logging import get_logger
from models.assistants import Assistant
from models.documents import Chunk, DocumentType, Passage, SearchResult
from models.text.chat import clean_query
from models.text.stopwords import STOP_WORDS
from models.text.words import words
from services.retrieval.knowledge import Knowledge, collection_name
from services.retrieval.lexical_index import LexicalIndex, QueryWord
from services.retrieval.segment import build_segment

CANDIDATES = 50
LONGEST_PASSAGE = 2500
ENOUGH_COVERED = 0.5
KEPT_INDEXES = 200
_log = get_logger("retrieval")


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
        self._lock = threading.Lock()
        self._indexes: OrderedDict[tuple[str, DocumentType], LexicalIndex] = OrderedDict()

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
        del history
        index = self._index(assistant, document_type, assistant.knowledge_version)
        found = self._search(index, assistant.id, query, top_k, document_type)
        if found is None:  # a document was replaced between the two reads
            index = self._index(assistant, document_type, index.version + 1)
            found = self._search(index, assistant.id, query, top_k, document_type)
        return found or SearchResult()

    def _index(self, assistant: Assistant, document_type: DocumentType, version: int) -> LexicalIndex:
        key = (assistant.id, document_type)
        with self._lock:
            index = self._indexes.get(key)
            if index is not None and index.version >= version:
                self._indexes.move_to_end(key)
                return index
        live = self._knowledge.live_documents(assistant.id, document_type)
        segment = build_segment(live.documents, self._knowledge.chunks_of(assistant.id, live.documents))
        index = LexicalIndex(live.version, {one.id: one for one in live.documents}, [segment])
        with self._lock:
            self._indexes[key] = index
            while len(self._indexes) > KEPT_INDEXES:
                self._indexes.popitem(last=False)
        return index

    def _search(
        self, index: LexicalIndex, assistant_id: str, query: str, top_k: int, document_type: DocumentType
    ) -> SearchResult | None:
        if not index.chunks:
            return SearchResult()
        cleaned = clean_query(query)
        stop = frozenset().union(*(STOP_WORDS.get(one, frozenset()) for one in index.languages))
        asked = list(dict.fromkeys(words(cleaned)))
        content = [one for one in asked if one not in stop] or asked
        hits = index.search([QueryWord(one) for one in content])
        scores = _standard(hits.scores)
        vector = self._embedder.embed([cleaned])[0]
        semantic = np.zeros(index.rows, dtype=np.float32)
        for chunk_id, similarity in self._nearest(assistant_id, document_type, vector):
            row = index.row_of(chunk_id)
            if row is not None:
                semantic[row] = max(similarity, 0.0)
        weight = self._embedder.weight
        fused = (1 - weight) * scores + weight * _standard(semantic)
        touched = np.flatnonzero((hits.scores > 0) | (semantic > 0))
        order = touched[np.argsort(-fused[touched], kind="stable")][: max(top_k * 2, top_k)]
        ids = [index.chunk_id(int(row)) for row in order]
        chunks = {one.id: one for one in self._knowledge.chunks_by_ids(assistant_id, ids)}
        if len(chunks) < len(ids):
            return None
        best = float(fused[order[0]]) if len(order) else 1.0
        passages, seen = [], set()
        for row, one in zip(order, ids, strict=True):
            chunk = chunks[one]
            if chunk.text in seen or len(passages) == top_k:
                continue
            seen.add(chunk.text)
            score = min(1.0, max(0.0, float(fused[row]) / max(best, 1e-6)))
            passages.append(_passage(chunk, index.documents[chunk.document_id].filename, score))
        total = sum(hit.term.idf for hit in hits.words) or 1.0
        covered = sum(
            hit.term.idf * hit.certainty for hit in hits.words if np.isin(order[:3], hit.term.rows).any()
        )
        return SearchResult(tuple(passages), covered / total >= ENOUGH_COVERED)

    def _nearest(
        self, assistant_id: str, document_type: DocumentType, vector: np.ndarray
    ) -> list[tuple[str, float]]:
        name = collection_name(assistant_id, document_type, self._embedder.name)
        try:
            return self._vectors.query(name, vector, CANDIDATES)
        except Unavailable as problem:
            _log.warning("searching without vectors", assistant_id=assistant_id, code=problem.error_code)
            return []


def _standard(scores: np.ndarray) -> np.ndarray:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 0 else scores


def _passage(chunk: Chunk, filename: str, score: float) -> Passage:
    return Passage(
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        filename=filename,
        title=chunk.title,
        heading=chunk.heading,
        page=chunk.page,
        text=chunk.text[:LONGEST_PASSAGE],
        score=score,
    )
