"""What a search finds between the write that swaps documents and the one that says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import mongomock
import pytest
from pymongo.database import Database

from integrations.embeddings.hashed import HashedEmbedder
from kit.clock import utc_now
from kit.workplaces import Workplaces
from models.assistants import Assistant
from models.documents import Document, DocumentStatus, DocumentType, ParsedDocument, Piece
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.embedders import EmbedderRepository
from repositories.faq import FaqRepository
from repositories.values import Record
from services.documents.delete_document import DeleteDocument
from services.documents.index_document import FEW_AT_ONCE, LARGE, IndexDocument
from services.documents.purge_document import PurgeDocument
from services.documents.recorded_knowledge import RecordedKnowledge
from services.documents.report_progress import ReportProgress
from services.documents.write_chunks import WriteChunks
from services.retrieval.embedders import Embedders
from services.retrieval.search_passages import SearchPassages
from tests.made import ASSISTANT, OWNER, a_document
from tests.talk import wait_until


class Stopped(Exception):
    """The process dies here."""


class StoppingAssistants(AssistantRepository):
    """Assistants whose version does not get to move."""

    stops = False

    def end_change(self, assistant_id: str, *changes: str) -> None:
        if self.stops:
            raise Stopped
        super().end_change(assistant_id, *changes)


class CountingDocuments(DocumentRepository):
    """Notes which documents are read by themselves."""

    def __init__(self, database: Database[Record]) -> None:
        super().__init__(database)
        self.read: list[str] = []

    def get_any(self, document_id: str) -> Document | None:
        self.read.append(document_id)
        return super().get_any(document_id)


class BlindVectors:
    """A ``VectorStore`` that keeps ids and finds nothing by them; ``before_add`` runs just before it does."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.before_add: Callable[[], None] = lambda: None

    def query(self, *_: object) -> list[tuple[str, float]]:
        return []

    def add(self, _collection: str, ids: list[str], _vectors: object) -> None:
        self.before_add()
        self.held.update(ids)

    def remove(self, _collection: str, ids: list[str]) -> None:
        self.held.difference_update(ids)

    def ids(self, _collection: str) -> set[str]:
        return set(self.held)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Files:
    """The texts of documents, as the parser, the disk and the places of names."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.before_parse: Callable[[], object] = lambda: None

    def path(self, document: Document) -> Path:
        return Path(document.id)

    def parse(self, path: Path, *_: object) -> ParsedDocument:
        self.before_parse()
        text = self.texts[path.name]
        return ParsedDocument("", (Piece(text),) if text else ())

    def take(self, *_: object) -> None:
        return None

    def remove(self, *_: object) -> bool:
        return True


class Installation:
    """One assistant, its documents and a search that never starts anew."""

    def __init__(self, database: Database[Record]) -> None:
        self.turns = Workplaces(1)
        self.assistants = StoppingAssistants(database)
        self.documents, self.chunks = CountingDocuments(database), ChunkRepository(database)
        chunks = self.chunks
        self.files, self.vectors = Files(), BlindVectors()
        vectors = self.vectors
        files: Any = self.files
        embedders = Embedders(
            HashedEmbedder(), records=EmbedderRepository(database), remake=lambda _: HashedEmbedder()
        )
        purge = PurgeDocument(
            documents=self.documents,
            chunks=chunks,
            places=files,
            embedders=embedders,
            vectors=cast("Any", vectors),
        )
        self.delete = DeleteDocument(assistants=self.assistants, documents=self.documents, purge=purge).delete
        self.index = IndexDocument(
            assistants=self.assistants,
            documents=self.documents,
            obtain_file=files,
            parser=files,
            write_chunks=WriteChunks(
                chunks=self.chunks,
                embedders=embedders,
                vectors=cast("Any", vectors),
                turns=self.turns,
            ),
            places=files,
            purge=purge,
            delete_assistant=cast("Any", None),
            progress=ReportProgress(documents=self.documents, clock=utc_now),
            lease="",
        ).index
        knowledge = RecordedKnowledge(
            assistants=self.assistants, documents=self.documents, chunks=chunks, faq=FaqRepository(database)
        )
        self._search = SearchPassages(
            knowledge=knowledge, embedders=embedders, vectors=cast("Any", vectors)
        ).search
        now = utc_now()
        self.assistants.add(Assistant(ASSISTANT, OWNER, "Clínica", "hash", "sealed", now, now))

    def upload(self, text: str) -> Document:
        """A document under the one name, in the place of those that are there."""
        document = a_document(filename="precos.md")
        earlier = self.documents.same_name(document)
        document = replace(document, replaces=bool(earlier))
        self.files.texts[document.id] = text
        self.documents.add(document)
        for older in earlier:
            self.documents.replaced_by(older, document.id)
        return document

    def status(self, document: Document) -> DocumentStatus | None:
        current = self.documents.get_any(document.id)
        return None if current is None or current.deleted else current.status

    def found(self) -> list[str]:
        assistant = self.assistants.by_id(ASSISTANT)
        assert assistant is not None
        result = self._search(assistant, "Quanto custa a limpeza?", 5, document_type=DocumentType.RAG)
        return [passage.text for passage in result.passages]


@pytest.fixture
def installation() -> Installation:
    return Installation(mongomock.MongoClient(tz_aware=True)["app"])


def test_what_is_ready_is_found_though_the_version_has_not_moved(installation: Installation) -> None:
    first = installation.upload("A limpeza custa 100 reais.")
    installation.index(first.id)
    assert installation.found() == ["A limpeza custa 100 reais."]
    second = installation.upload("A limpeza custa 200 reais.")
    installation.assistants.stops = True
    for _ in range(2):  # the second time it dies again while it tidies up
        with pytest.raises(Stopped):
            installation.index(second.id)
        assert installation.status(second) is DocumentStatus.READY
        assert installation.found() == ["A limpeza custa 200 reais."]
    installation.assistants.stops = False
    installation.index(second.id)
    assert installation.found() == ["A limpeza custa 200 reais."]
    assert installation.status(first) is None
    assistant = installation.assistants.by_id(ASSISTANT)
    assert assistant is not None
    assert assistant.changing == ()


def test_what_was_found_before_the_swap_is_not_trusted_until_the_version_moved(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.index(installation.upload("A limpeza custa 100 reais.").id)
    second = installation.upload("A limpeza custa 200 reais.")
    set_ready = installation.documents.set_ready
    seen: list[list[str]] = []

    def searched_around(document: Document) -> bool:
        seen.append(installation.found())  # after the change was begun, before it is made
        done = set_ready(document)
        seen.append(installation.found())
        return done

    monkeypatch.setattr(installation.documents, "set_ready", searched_around)
    installation.index(second.id)
    assert seen == [["A limpeza custa 100 reais."], ["A limpeza custa 200 reais."]]


def test_a_deleted_document_is_not_found_though_the_version_has_not_moved(
    installation: Installation,
) -> None:
    document = installation.upload("A limpeza custa 100 reais.")
    installation.index(document.id)
    assert installation.found()
    installation.assistants.stops = True
    with pytest.raises(Stopped):
        installation.delete(document)
    assert (installation.status(document), installation.found()) == (None, [])
    installation.assistants.stops = False
    installation.index(document.id)
    assert installation.found() == []


def test_an_unreadable_file_leaves_nothing_under_way(installation: Installation) -> None:
    document = installation.upload("A limpeza custa 100 reais.")
    installation.assistants.begin_change(ASSISTANT, f"ready:{document.id}")  # as an interrupted try left it
    installation.files.texts[document.id] = ""
    installation.index(document.id)
    assert installation.status(document) is DocumentStatus.FAILED
    assistant = installation.assistants.by_id(ASSISTANT)
    assert assistant is not None
    assert assistant.changing == ()


@pytest.mark.parametrize("moment", ["reading", "writing", "swapping"])
def test_who_comes_back_after_another_took_the_document_leaves_it_alone(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    document = installation.upload("A limpeza custa 100 reais.")
    owner, name = {
        "reading": (installation.files, "parse"),
        "writing": (installation.chunks, "add_all"),
        "swapping": (installation.documents, "set_ready"),
    }[moment]
    usual = getattr(owner, name)

    def suspended(*arguments: object) -> Any:
        monkeypatch.setattr(owner, name, usual)
        installation.index(document.id)  # by another process, which thinks that this one is gone
        return usual(*arguments)

    monkeypatch.setattr(owner, name, suspended)
    installation.index(document.id)
    current = installation.documents.get_any(document.id)
    assert current is not None
    assert (current.status, current.live_version, current.chunks) == (DocumentStatus.READY, 2, 1)
    assert installation.chunks.ids_of_document(document) == [f"{document.id}:2:0"]
    assert installation.found() == ["A limpeza custa 100 reais."]
    assert installation.documents.with_work() == []


@pytest.mark.parametrize("dies", [False, True])
def test_a_document_that_is_deleted_while_its_vectors_wait_to_be_written_leaves_none(
    installation: Installation, *, dies: bool
) -> None:
    document = installation.upload("A limpeza custa 100 reais.")

    def delete_first() -> None:
        installation.delete(document)
        current = installation.documents.get_any(document.id)
        assert current is not None  # the one thing by which a restart finds what is written next
        assert current.deleted

    def delete_and_die() -> None:
        delete_first()
        installation.vectors.held.update(f"{document.id}:1:{n}" for n in range(1))
        raise Stopped

    installation.vectors.before_add = delete_and_die if dies else delete_first
    if dies:
        with pytest.raises(Stopped):
            installation.index(document.id)
        assert [one.id for one in installation.documents.with_work()] == [document.id]
        installation.index(document.id)
    else:
        installation.index(document.id)
    assert installation.vectors.held == set()
    assert installation.documents.get_any(document.id) is None
    assistant = installation.assistants.by_id(ASSISTANT)
    assert assistant is not None
    assert assistant.changing == ()


def test_few_large_documents_are_worked_on_at_once_and_small_ones_beside_them(
    installation: Installation,
) -> None:
    going_on = threading.Event()
    begun: list[int] = []

    def parse() -> None:
        begun.append(1)
        assert going_on.wait(10)

    installation.files.before_parse = parse
    documents = [
        a_document(filename=f"{n}.md", size=LARGE if n <= FEW_AT_ONCE else 1) for n in range(FEW_AT_ONCE + 2)
    ]
    for one in documents:
        installation.files.texts[one.id] = "A limpeza custa 100 reais."
        installation.documents.add(one)
    with ThreadPoolExecutor(len(documents)) as pool:
        asked = [pool.submit(installation.index, one.id) for one in documents]
        wait_until(lambda: len(begun) == FEW_AT_ONCE + 1)
        going_on.set()
        for each in asked:
            each.result(10)
    assert [installation.status(one) for one in documents] == [DocumentStatus.READY] * len(documents)


def test_few_documents_of_any_size_are_worked_on_at_once_beside_turns(installation: Installation) -> None:
    going_on = threading.Event()
    at_work, most = [0], [0]

    def parse() -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        assert going_on.wait(10)
        at_work[0] -= 1

    installation.files.before_parse = parse
    documents = [a_document(filename=f"{n}.md", size=1) for n in range(FEW_AT_ONCE + 2)]
    for one in documents:
        installation.files.texts[one.id] = "A limpeza custa 100 reais."
        installation.documents.add(one)
    with installation.turns.taken(), ThreadPoolExecutor(len(documents)) as pool:
        asked = [pool.submit(installation.index, one.id) for one in documents]
        wait_until(lambda: at_work[0] == FEW_AT_ONCE)
        time.sleep(0.15)  # so long a turn is waited for before a file is read
        assert most[0] == FEW_AT_ONCE
        going_on.set()
        for each in asked:
            each.result(10)
    assert [installation.status(one) for one in documents] == [DocumentStatus.READY] * len(documents)


def test_one_that_is_still_as_it_was_handed_in_is_not_read_first(installation: Installation) -> None:
    fresh, stale = installation.upload("A limpeza custa 100 reais."), a_document(filename="outro.md")
    installation.files.texts[stale.id] = "O clareamento custa 900 reais."
    installation.documents.add(replace(stale, claims=1))
    for document in (fresh, stale):
        installation.index(document.id, document)
    assert installation.documents.read == [stale.id]
    assert installation.status(fresh) is installation.status(stale) is DocumentStatus.READY


def test_one_that_was_deleted_since_it_was_handed_in_is_removed(installation: Installation) -> None:
    document = installation.upload("A limpeza custa 100 reais.")
    installation.documents.mark_deleted(document)
    installation.index(document.id, document)
    assert installation.documents.get_any(document.id) is None
