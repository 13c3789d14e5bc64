"""Search an assistant's documents for the passages that answer a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from integrations.embeddings.base import Embedder
from integrations.vectorstores.base import VectorStore
from kit.errors import Unavailable, UpstreamFailed, UpstreamTimeout
from kit.logging import get_logger
from models.assistants import Assistant
from models.documents import Chunk, Document, DocumentType, Passage, SearchResult, chunk_id
from models.text.likeness import ALIKE, likeness, read_asked
from services.retrieval.asks_nothing import asks_nothing
from services.retrieval.build_index import BuildIndex
from services.retrieval.embedders import InForce
from services.retrieval.evidence import ENOUGH
from services.retrieval.fuse import POOL
from services.retrieval.index_cache import IndexCache
from services.retrieval.keep_segments import KeepSegments
from services.retrieval.knowledge import Knowledge, collection_name
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.near_duplicates import SeenTexts
from services.retrieval.rank import Ranked, rank
from services.retrieval.read_query import Query, read_query
from services.retrieval.rerank import CANDIDATES, Rerank

LONGEST_PASSAGE = 2_500  # characters
INDEX_BYTES = 256 << 20
_log = get_logger("retrieval")


class SearchPassages:
    """Finds passages by words, by character n-grams and by vectors, and says whether they are evidence.

    One object serves every thread. ``index_bytes`` bounds the memory of the lexical indexes kept; what it ``keep``s
    of them on disk makes the first search after a start quick.
    """

    def __init__(
        self,
        *,
        knowledge: Knowledge,
        embedders: InForce,
        vectors: VectorStore,
        rerank: Rerank | None = None,
        index_bytes: int = INDEX_BYTES,
        keep: KeepSegments | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._embedders = embedders
        self._vectors = vectors
        self._rerank = rerank or Rerank(None)
        self._builder = BuildIndex(knowledge, keep)
        self._cache = IndexCache(index_bytes)

    @property
    def index_bytes_held(self) -> int:
        """About how many bytes the lexical indexes in memory take."""
        return self._cache.nbytes

    def search(
        self,
        assistant: Assistant,
        query: str,
        top_k: int,
        history: Sequence[str] = (),
        document_type: DocumentType = DocumentType.RAG,
        last_answer: str = "",
    ) -> SearchResult:
        """At most ``top_k`` passages, best first, from what was live at ``assistant.knowledge_version`` or later.

        ``history`` is what the contact asked before, oldest first, and ``last_answer`` what they were told last.
        Nothing found (or an assistant without documents) is an empty result, and so is what a message comes to that
        asks nothing, curated answers to it aside. ``Unavailable`` only when the records cannot be read.
        """
        key = (assistant.id, document_type)
        renew = partial(self._builder.build, assistant.id, document_type)
        if assistant.changing:  # the version does not say what is live at this moment
            index = self._cache.get_renewed(key, renew)
        else:
            index = self._cache.get(key, assistant.knowledge_version, renew)
        if document_type is DocumentType.RAG and asks_nothing(query, history, last_answer):
            return self._to_small_talk(index, assistant.id, query, top_k)
        ranked = self._ranked(index, assistant, query, history, document_type)
        passages, gone = self._passages(index, assistant.id, ranked, top_k)
        if gone:  # a document was replaced or deleted since the index was made
            index = self._cache.replace(key, index, renew)
            ranked = self._ranked(index, assistant, query, history, document_type)
            passages, _ = self._passages(index, assistant.id, ranked, top_k)
        least = assistant.settings.min_evidence
        evidence = max(ranked.evidence, _alike(query, passages)) if passages else 0.0
        return SearchResult(
            tuple(passages),
            enough=bool(passages) and evidence >= (ENOUGH if least is None else least),
            evidence=evidence,
            searched=index.chunks,
            language=index.main_language,
        )

    def _to_small_talk(self, index: LexicalIndex, assistant_id: str, query: str, top_k: int) -> SearchResult:
        """The curated answers to a message that asks nothing, if there are any."""
        asked = read_asked(query)
        curated = [one for one in index.documents.values() if one.is_faq]
        alike = {one.id: likeness(asked, read_asked(one.title)) for one in curated}
        best = sorted((one for one in alike if alike[one] >= ALIKE), key=lambda one: -alike[one])[:top_k]
        ids = {chunk_id(one, index.documents[one].live_version, 0): alike[one] for one in best}
        chunks = self._read(assistant_id, list(ids))
        passages = tuple(
            _passage(chunks[identity], index.documents[chunks[identity].document_id], score)
            for identity, score in ids.items()
            if identity in chunks
        )
        return SearchResult(
            passages,
            enough=bool(passages),
            evidence=max((one.score for one in passages), default=0.0),
            searched=index.chunks if passages else 0,
            asked=bool(passages),
            language=index.main_language,
        )

    def _ranked(
        self,
        index: LexicalIndex,
        assistant: Assistant,
        message: str,
        history: Sequence[str],
        document_type: DocumentType,
    ) -> Ranked:
        query = read_query(message, assistant.settings.language, index.languages, history)
        embedder = self._embedders.of_search(assistant.id)
        nearest = self._nearest(index, assistant.id, query, document_type, embedder) if embedder else {}
        ranked = rank(index, query, nearest, embedder.weight if embedder else 0.0)
        return self._reranked(index, assistant.id, query, ranked) if self._rerank.on else ranked

    def _reranked(self, index: LexicalIndex, assistant_id: str, query: Query, ranked: Ranked) -> Ranked:
        """The best rows as the reranker orders them; as they were when it has nothing to say."""
        ids = {row: index.chunk_id(row) for row in ranked.rows[:CANDIDATES]}
        chunks = self._read(assistant_id, list(ids.values()))
        rows = [row for row, identity in ids.items() if identity in chunks]
        scores = self._rerank.scores(query.text, [_whole_text(chunks[ids[row]]) for row in rows])
        return ranked if scores is None else ranked.reordered(dict(zip(rows, scores, strict=True)))

    def _nearest(
        self,
        index: LexicalIndex,
        assistant_id: str,
        query: Query,
        document_type: DocumentType,
        embedder: Embedder,
    ) -> Mapping[int, float]:
        """The rows whose vectors are nearest, and their similarity; ids that the index does not know are ignored."""
        if not index.chunks or embedder.weight <= 0:
            return {}
        collection = collection_name(assistant_id, document_type, embedder.name)
        try:
            vector = embedder.embed_query(query.text)
            found = self._vectors.query(collection, vector, POOL) if vector.any() else []
        except (Unavailable, UpstreamFailed, UpstreamTimeout) as problem:
            _log.warning("searched_without_vectors", assistant_id=assistant_id, code=problem.error_code)
            return {}
        return {row: near for identity, near in found if (row := index.row_of(identity)) is not None}

    def _passages(
        self, index: LexicalIndex, assistant_id: str, ranked: Ranked, top_k: int
    ) -> tuple[list[Passage], bool]:
        """The texts of the best rows, near-duplicates left out, and whether any of those rows is gone."""
        passages: list[Passage] = []
        seen = SeenTexts()
        gone, at, step = False, 0, max(0, top_k)
        while len(passages) < top_k and at < len(ranked.rows):
            part = slice(at, at + step)
            ids = [index.chunk_id(row) for row in ranked.rows[part]]
            chunks = self._read(assistant_id, ids)
            gone = gone or len(chunks) < len(ids)
            for identity, score in zip(ids, ranked.scores[part], strict=True):
                chunk = chunks.get(identity)
                if chunk is not None and len(passages) < top_k and seen.is_new(chunk.text):
                    passages.append(_passage(chunk, index.documents[chunk.document_id], score))
            at, step = at + step, 2 * step
        return passages, gone

    def _read(self, assistant_id: str, ids: Sequence[str]) -> dict[str, Chunk]:
        wanted = set(ids)
        chunks = self._knowledge.chunks_by_ids(assistant_id, ids)
        return {one.id: one for one in chunks if one.id in wanted and one.assistant_id == assistant_id}


def _alike(query: str, passages: Sequence[Passage]) -> float:
    """How much like the query the questions of curated answers are; 0 where none is alike."""
    curated = [read_asked(one.title) for one in passages if one.faq_id]
    if not curated:
        return 0.0
    asked = read_asked(query)
    return max((value for one in curated if (value := likeness(asked, one)) >= ALIKE), default=0.0)


def _whole_text(chunk: Chunk) -> str:
    """A chunk as it is read on its own: under its title and headings."""
    above = [chunk.title, " > ".join(chunk.heading)]
    return "\n".join([*filter(None, above), chunk.text[:LONGEST_PASSAGE]])


def _passage(chunk: Chunk, document: Document, score: float) -> Passage:
    return Passage(
        chunk_id=chunk.id,
        document_id="" if document.is_faq else document.id,
        filename=document.filename,
        title=chunk.title,
        heading=chunk.heading,
        page=chunk.page,
        text=chunk.text[:LONGEST_PASSAGE],
        score=score,
        faq_id=document.id if document.is_faq else "",
    )
