from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import mongomock
import pytest

from integrations.embeddings.hashed import HashedEmbedder
from kit.clock import utc_now
from kit.errors import NotFound, Unavailable
from kit.ids import new_id
from models.assistants import Assistant
from models.faq import FaqEntry
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.embedders import EmbedderRepository
from repositories.faq import FaqRepository
from services.documents.purge_document import PurgeDocument
from services.documents.recorded_knowledge import RecordedKnowledge
from services.faq.write_entry import WriteEntry
from services.retrieval.embedders import Embedders
from services.retrieval.search_passages import SearchPassages
from tests.made import ASSISTANT, OWNER


class Vectors:
    """Which ids have a vector, and none that is near; ``down`` takes none."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.down = False

    def add(self, _collection: str, ids: list[str], _vectors: object) -> None:
        if self.down:
            raise Unavailable
        self.held.update(ids)

    def remove(self, _collection: str, ids: list[str]) -> None:
        self.held.difference_update(ids)

    def query(self, *_: object) -> list[tuple[str, float]]:
        return []


class Knowing:
    """One assistant, its curated answers and a search that never starts anew."""

    def __init__(self) -> None:
        database: Any = mongomock.MongoClient(tz_aware=True)["app"]
        self.vectors = Vectors()
        vectors = cast("Any", self.vectors)
        self.entries, self.chunks = FaqRepository(database), ChunkRepository(database)
        self.assistants, documents = AssistantRepository(database), DocumentRepository(database)
        embedders = Embedders(
            HashedEmbedder(), records=EmbedderRepository(database), remake=lambda _: HashedEmbedder()
        )
        purge = PurgeDocument(
            documents=documents,
            chunks=self.chunks,
            places=cast("Any", None),
            embedders=embedders,
            vectors=vectors,
        )
        self.write = WriteEntry(
            assistants=self.assistants,
            entries=self.entries,
            chunks=self.chunks,
            embedders=embedders,
            vectors=vectors,
            purge=purge,
        )
        knowledge = RecordedKnowledge(
            assistants=self.assistants, documents=documents, chunks=self.chunks, faq=self.entries
        )
        self._search = SearchPassages(knowledge=knowledge, embedders=embedders, vectors=vectors)
        self.assistants.add(Assistant(ASSISTANT, OWNER, "Clínica", "hash", "sealed", utc_now(), utc_now()))

    def found(self) -> list[str]:
        assistant = self.assistants.by_id(ASSISTANT)
        assert assistant is not None
        return [one.text for one in self._search.search(assistant, "Tem estacionamento?", 5).passages]


@pytest.fixture
def knowing() -> Knowing:
    return Knowing()


def an_entry() -> FaqEntry:
    return FaqEntry(new_id(), ASSISTANT, "Tem estacionamento?", "Sim.", "pt", utc_now(), utc_now())


def test_each_call_is_seen_by_the_next_search_and_leaves_nothing_else(knowing: Knowing) -> None:
    entry = an_entry()
    assert knowing.found() == []

    knowing.write.add(entry)
    assert knowing.found() == ["Sim."]

    changed = knowing.write.change(entry, replace(entry, answer="Não."))
    assert knowing.found() == ["Não."]
    assert knowing.vectors.held == {changed.chunk.id}

    assert knowing.write.remove(changed)
    assert knowing.found() == []
    assert knowing.vectors.held == set()
    assert not knowing.write.remove(changed)


def test_a_change_that_was_interrupted_is_in_no_answer_and_can_be_made_again(knowing: Knowing) -> None:
    entry = an_entry()
    knowing.write.add(entry)
    knowing.vectors.down = True
    with pytest.raises(Unavailable):
        knowing.write.change(entry, replace(entry, answer="Não."))
    assert knowing.found() == ["Sim."]

    knowing.vectors.down = False
    changed = knowing.write.change(entry, replace(entry, answer="Não."))

    assert knowing.found() == ["Não."]
    assert knowing.chunks.ids_of_document(changed.document) == [changed.chunk.id]


def test_an_entry_that_was_deleted_meanwhile_does_not_come_back(knowing: Knowing) -> None:
    entry = an_entry()
    knowing.write.add(entry)
    knowing.write.remove(entry)

    with pytest.raises(NotFound):
        knowing.write.change(entry, replace(entry, answer="Não."))

    assert knowing.found() == []
    assert knowing.vectors.held == set()
    assert knowing.chunks.ids_of_document(entry.document) == []
