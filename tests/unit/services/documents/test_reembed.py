"""The change of embedder, step by step, on records and vectors in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import mongomock
import numpy as np
import pytest

from integrations.embeddings.base import Embedder, Vectors
from integrations.embeddings.hashed import HashedEmbedder
from models.assistants import Assistant, AssistantSettings
from models.documents import Chunk, DocumentType, chunk_id
from models.model_errors import ModelRefused, ModelUnavailable
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.embedders import EmbedderRepository
from services.documents.reembed import BATCH, ReembedAssistants
from services.retrieval.embedders import FIRST, Embedders
from services.retrieval.knowledge import collection_name
from tests.vectors import VectorsInMemory

NOW = datetime(2026, 11, 20, tzinfo=UTC)
RAG = DocumentType.RAG


class Vectorless(Exception):
    """The process dies here."""


class Named:
    """An embedder of some name; ``fails_at`` is the call that raises ``error``."""

    dimensions, weight = 2, 0.5

    def __init__(self, name: str, fails_at: int = 0, error: Exception | None = None) -> None:
        self.name = name
        self.embedded: list[str] = []
        self._fails_at = fails_at
        self._error = error or Vectorless()
        self._calls = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self._calls += 1
        if self._calls == self._fails_at:
            raise self._error
        self.embedded += texts
        return np.ones((len(texts), 2), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        raise NotImplementedError


class Stand:
    """The parts of an installation that a change of embedder touches; ``start`` is a start of the process."""

    def __init__(self) -> None:
        database: Any = mongomock.MongoClient().db
        self.assistants = AssistantRepository(database)
        self.chunks = ChunkRepository(database)
        self.records = EmbedderRepository(database)
        self.vectors = VectorsInMemory()

    def add(self, assistant_id: str, chunks: int) -> None:
        settings = AssistantSettings()
        key = f"hash-{assistant_id}"
        self.assistants.add(Assistant(assistant_id, "o1", "Clínica", key, "sealed", NOW, NOW, settings))
        if chunks:
            self.chunks.add_all([chunk(assistant_id, n) for n in range(chunks)])

    def start(self, embedder: Embedder) -> tuple[Embedders, ReembedAssistants]:
        older = {one.name: one for one in (HashedEmbedder(), Named("one"))}
        embedders = Embedders(embedder, records=self.records, remake=older.get)
        reembed = ReembedAssistants(
            assistants=self.assistants, chunks=self.chunks, embedders=embedders, vectors=self.vectors
        )
        reembed.notice()
        return embedders, reembed

    def settled(self, embedder: Embedder) -> None:
        """Start with an embedder and let everything be done."""
        self.start(embedder)[1].run(lambda: True)


def chunk(assistant_id: str, n: int) -> Chunk:
    document = f"d{assistant_id}"
    return Chunk(chunk_id(document, 1, n), assistant_id, document, RAG, 1, n, f"text {n}", "Title", ("Head",))


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_first_start_notes_the_embedder_and_leaves_nothing_to_do(stand: Stand) -> None:
    embedders, reembed = stand.start(Named("one"))
    assert stand.records.in_force() == "one"
    stand.add("a1", 1)
    assert reembed.left() == 0
    assert embedders.of_search("a1") is embedders.current


def test_an_installation_from_before_it_was_noted_had_the_hashed_embedder(stand: Stand) -> None:
    assert HashedEmbedder().name == FIRST
    stand.add("a1", 2)
    embedders, reembed = stand.start(Named("two"))
    assert reembed.left() == 1
    older = embedders.of_search("a1")
    assert older is not None
    assert older.name == FIRST
    assert [one.name for one in embedders.of_writing("a1")] == ["two", FIRST]


def test_new_vectors_are_complete_before_answers_come_from_them_and_the_old_ones_go_after(
    stand: Stand,
) -> None:
    stand.add("a1", BATCH + 1)
    stand.settled(Named("one"))
    two = Named("two")
    embedders, reembed = stand.start(two)
    old, new = embedders.collections("a1", RAG)[::-1]
    stand.vectors.add(old, ["left"], np.ones((1, 2), dtype=np.float32))
    reembed.run(lambda: not two.embedded)  # it is stopped after the first batch
    assert embedders.is_behind("a1")
    assert len(stand.vectors.ids(new)) == BATCH
    assert stand.vectors.ids(old)
    reembed.run(lambda: True)
    assert not embedders.is_behind("a1")
    assert stand.vectors.collections() == {new}
    assert stand.vectors.ids(new) == {chunk("a1", n).id for n in range(BATCH + 1)}
    assert sorted(two.embedded) == sorted(f"Title\nHead\ntext {n}" for n in range(BATCH + 1))
    assert embedders.of_search("a1") is two


def test_a_process_that_dies_goes_on_where_it_was(stand: Stand) -> None:
    stand.add("a1", 3 * BATCH)
    stand.settled(Named("one"))
    dying = Named("two", fails_at=3)
    with pytest.raises(Vectorless):
        stand.start(dying)[1].run(lambda: True)
    heir = Named("two")
    embedders, reembed = stand.start(heir)
    assert embedders.is_behind("a1")
    reembed.run(lambda: True)
    assert len(heir.embedded) == BATCH
    assert set(heir.embedded).isdisjoint(dying.embedded)
    assert reembed.left() == 0


def test_a_process_that_dies_before_the_old_vectors_are_gone_leaves_them_to_the_next(stand: Stand) -> None:
    stand.add("a1", 1)
    stand.settled(Named("one"))
    embedders, _ = stand.start(Named("two"))
    old, new = embedders.collections("a1", RAG)[::-1]
    stand.vectors.add(old, ["left"], np.ones((1, 2), dtype=np.float32))
    stand.vectors.add(new, [chunk("a1", 0).id], np.ones((1, 2), dtype=np.float32))
    stand.vectors.add("elsewhere-rag-1", ["x"], np.ones((1, 2), dtype=np.float32))
    embedders.caught_up("a1")
    stand.settled(Named("two"))
    assert stand.vectors.collections() == {new, "elsewhere-rag-1"}


def test_a_second_change_in_the_middle_of_the_first_answers_from_the_oldest_and_keeps_only_the_last(
    stand: Stand,
) -> None:
    stand.add("a1", 2 * BATCH)
    stand.settled(Named("one"))
    with pytest.raises(Vectorless):
        stand.start(Named("two", fails_at=2))[1].run(lambda: True)
    three = Named("three")
    embedders, reembed = stand.start(three)
    older = embedders.of_search("a1")
    assert older is not None
    assert older.name == "one"
    reembed.run(lambda: True)
    assert stand.vectors.collections() == {collection_name("a1", RAG, "three")}


def test_changed_back_in_the_middle_needs_only_what_is_missing(stand: Stand) -> None:
    stand.add("a1", 2 * BATCH)
    stand.settled(Named("one"))
    name = collection_name("a1", RAG, "one")
    stand.vectors.remove(name, [chunk("a1", 7).id])
    with pytest.raises(Vectorless):
        stand.start(Named("two", fails_at=2))[1].run(lambda: True)
    one = Named("one")
    embedders, reembed = stand.start(one)
    assert embedders.of_search("a1") is one
    assert embedders.of_writing("a1") == [one]
    reembed.run(lambda: True)
    assert one.embedded == ["Title\nHead\ntext 7"]
    assert stand.vectors.collections() == {name}
    assert reembed.left() == 0


def test_without_the_embedder_before_searches_go_by_words_alone(stand: Stand) -> None:
    stand.add("a1", 1)
    stand.settled(Named("unknown"))
    embedders, _ = stand.start(Named("two"))
    assert embedders.of_search("a1") is None
    assert [one.name for one in embedders.of_writing("a1")] == ["two"]
    assert len(embedders.collections("a1", RAG)) == 2


def test_a_text_that_is_refused_keeps_its_assistant_behind_and_no_other(stand: Stand) -> None:
    for name in ("a1", "a2"):
        stand.add(name, 1)
    stand.settled(Named("one"))
    embedders, reembed = stand.start(Named("two", fails_at=1, error=ModelRefused()))
    with pytest.raises(ModelRefused):
        reembed.run(lambda: True)
    assert embedders.behind() == ["a1"]
    reembed.run(lambda: True)
    assert embedders.behind() == []


def test_a_server_that_is_away_is_not_asked_for_the_next_assistant(stand: Stand) -> None:
    for name in ("a1", "a2"):
        stand.add(name, 1)
    stand.settled(Named("one"))
    two = Named("two", fails_at=1, error=ModelUnavailable())
    _, reembed = stand.start(two)
    with pytest.raises(ModelUnavailable):
        reembed.run(lambda: True)
    assert two.embedded == []
    assert reembed.left() == 2


def test_what_is_deleted_while_its_vector_is_made_leaves_none(stand: Stand) -> None:
    stand.add("a1", 3)
    stand.settled(Named("one"))

    class Deleting(Named):
        def embed(self, texts: Sequence[str]) -> Vectors:
            stand.chunks.delete_by_ids("a1", [chunk("a1", 1).id])
            return super().embed(texts)

    embedders, reembed = stand.start(Deleting("two"))
    reembed.run(lambda: True)
    assert stand.vectors.ids(embedders.collections("a1", RAG)[0]) == {chunk("a1", n).id for n in (0, 2)}


def test_what_was_deleted_when_a_process_died_over_its_vectors_leaves_none(stand: Stand) -> None:
    stand.add("a1", 3)
    stand.settled(Named("one"))
    gone = chunk("a1", 1).id

    class Dying(Named):
        def embed(self, texts: Sequence[str]) -> Vectors:
            stand.chunks.delete_by_ids("a1", [gone])
            return super().embed(texts)

    class Killed(BaseException):
        pass

    def killed(collection: str, ids: Sequence[str]) -> None:
        raise Killed

    stand.vectors.remove = killed  # type: ignore[method-assign]  # the fake's own
    with pytest.raises(Killed):
        stand.start(Dying("two"))[1].run(lambda: True)
    del stand.vectors.remove
    embedders, reembed = stand.start(Named("two"))
    assert gone in stand.vectors.ids(embedders.collections("a1", RAG)[0])
    reembed.run(lambda: True)
    assert stand.vectors.ids(embedders.collections("a1", RAG)[0]) == {chunk("a1", n).id for n in (0, 2)}


def test_another_process_follows_and_does_one_assistant_after_the_other() -> None:
    stand = Stand()
    for name in ("a1", "a2"):
        stand.add(name, 2)
    stand.start(Named("one"))
    worker = Embedders(Named("two"), records=stand.records, remake={FIRST: HashedEmbedder()}.get)
    work = ReembedAssistants(
        assistants=stand.assistants, chunks=stand.chunks, embedders=worker, vectors=stand.vectors
    )
    assert not work.follow()  # the server has not been started with it yet
    server, told = stand.start(Named("two"))
    assert work.follow()
    assert sorted(work.waiting()) == ["a1", "a2"]
    assert [one.name for one in worker.of_writing("a1")] == ["two", FIRST]
    work.catch_up("a1", lambda: True)
    work.catch_up("a1", lambda: True)  # a message that came twice
    assert (work.waiting(), sorted(server.behind())) == (["a2"], ["a1", "a2"])
    assert told.follow()
    assert server.behind() == ["a2"]
    assert len(stand.vectors.ids(collection_name("a1", RAG, "two"))) == 2
