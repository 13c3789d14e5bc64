"""Give every chunk a vector of the installation's embedder after it was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from integrations.vectorstores.base import VectorStore
from kit.logging import get_logger
from models.documents import Chunk, DocumentType
from models.model_errors import ModelAnswerBroken, ModelError, ModelRefused
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from services.documents.write_chunks import embedded_text
from services.retrieval.embedders import Embedders
from services.retrieval.knowledge import collection_name, collection_owner

BATCH = 64
GoOn = Callable[[], bool]
_log = get_logger("documents")


class ReembedAssistants:
    """Fills new collections beside those that answers come from, one assistant after the other.

    What is done is in the vector index itself, so that a process that dies goes on where it was. When all chunks
    of an assistant have their new vectors its answers come from them, in one write, and then the old ones go.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        chunks: ChunkRepository,
        embedders: Embedders,
        vectors: VectorStore,
    ) -> None:
        self._assistants = assistants
        self._chunks = chunks
        self._embedders = embedders
        self._vectors = vectors

    def notice(self) -> None:
        """Look whether the embedder was changed; to be called once, before the first search."""
        self._embedders.notice(self._assistants.all_ids)
        if left := self.left():
            _log.info("embedder changed", embedder=self._embedders.current.name, assistants_left=left)

    def left(self) -> int:
        """How many assistants still answer from the vectors of the embedder before."""
        return len(self._embedders.behind())

    def follow(self) -> bool:
        """Notice what other processes did; ``False`` where the installation's embedder is another one."""
        return self._embedders.follow()

    def waiting(self) -> list[str]:
        """The assistants that are left, as the records say."""
        self._embedders.follow()
        return self._embedders.behind()

    def catch_up(self, assistant_id: str, go_on: GoOn) -> None:
        """Do one assistant, if it is left, while ``go_on``; an ``AppError`` when it must be tried later."""
        if self._embedders.is_behind(assistant_id) and self._catch_up(assistant_id, go_on):
            _log.info("assistant re-embedded", assistant_id=assistant_id, assistants_left=self.left())

    def run(self, go_on: GoOn) -> None:
        """Do everything that is left, while ``go_on``; an ``AppError`` when it must be tried later."""
        refused: ModelError | None = None
        for assistant_id in self._embedders.behind():
            try:
                if not self._catch_up(assistant_id, go_on):
                    return
            except (
                ModelRefused,
                ModelAnswerBroken,
            ) as problem:  # perhaps of one text alone: the others go on
                _log.warning("not re-embedded", assistant_id=assistant_id, code=problem.error_code)
                refused = problem
            else:
                _log.info("assistant re-embedded", assistant_id=assistant_id, assistants_left=self.left())
        self.drop_left_over()
        if refused is not None:
            raise refused

    def _catch_up(self, assistant_id: str, go_on: GoOn) -> bool:
        """Whether the assistant answers from the new vectors now."""
        done = 0
        for document_type in DocumentType:
            for batch in self._without_vectors(assistant_id, document_type):
                if not go_on():
                    return False
                self._add(assistant_id, document_type, batch)
                done += len(batch)
                _log.info("re-embedding", assistant_id=assistant_id, chunks=done)
        old = {name for kind in DocumentType for name in self._embedders.collections(assistant_id, kind)[1:]}
        self._embedders.caught_up(assistant_id)
        for name in old:
            self._vectors.drop(name)
        return True

    def _without_vectors(self, assistant_id: str, document_type: DocumentType) -> Iterator[tuple[Chunk, ...]]:
        held = self._vectors.ids(self._collection(assistant_id, document_type))
        bare = set(held)

        def missing() -> Iterator[Chunk]:
            for one in self._chunks.of_assistant(assistant_id, document_type):
                bare.discard(one.id)
                if one.id not in held:
                    yield one

        left = missing()
        while batch := tuple(islice(left, BATCH)):
            yield batch
        self._remove_bare(assistant_id, document_type, bare)

    def _remove_bare(self, assistant_id: str, document_type: DocumentType, ids: set[str]) -> None:
        """Remove vectors of chunks that went while a process wrote them, and died before it could look."""
        there = {chunk.id for chunk in self._chunks.by_ids(assistant_id, sorted(ids))}
        if bare := sorted(ids - there):
            self._vectors.remove(self._collection(assistant_id, document_type), bare)

    def _add(self, assistant_id: str, document_type: DocumentType, batch: tuple[Chunk, ...]) -> None:
        collection = self._collection(assistant_id, document_type)
        ids = [chunk.id for chunk in batch]
        vectors = self._embedders.current.embed([embedded_text(chunk) for chunk in batch])
        self._vectors.add(collection, ids, vectors)
        # A document that was deleted meanwhile has had its vectors removed before these were there.
        there = {chunk.id for chunk in self._chunks.by_ids(assistant_id, ids)}
        self._vectors.remove(collection, [one for one in ids if one not in there])

    def drop_left_over(self) -> None:
        """Remove the collections of embedders before, which a process that died did not come to."""
        known = set(self._assistants.all_ids()) - set(self._embedders.behind())
        kept = {self._collection(one, kind) for one in known for kind in DocumentType}
        for name in self._vectors.collections() - kept:
            if collection_owner(name) in known:
                self._vectors.drop(name)

    def _collection(self, assistant_id: str, document_type: DocumentType) -> str:
        return collection_name(assistant_id, document_type, self._embedders.current.name)
