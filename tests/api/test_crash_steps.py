"""A crash at every single write of every use case, and what the next start makes of it.

One process, one thread: the n-th write to records, files or vectors ends everything, for each n there is.
``tests/e2e/test_kill.py`` does the same to a whole application at chosen moments.
"""

from __future__ import annotations

import hashlib
import io
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bootstrap.installation import Installation, open_installation
from integrations.files import FileStore
from integrations.vectorstores.chroma import ChromaStore
from models.actors import Actor, ActorKind, Role
from models.assistants import Assistant, AssistantSettings
from models.chats import Channel, Chat, MessageStatus, Tokens
from models.documents import Document, DocumentStatus, DocumentType
from repositories.base import Repository
from repositories.chats import ChatFilter
from repositories.scope import Scope
from services.chats.turns import Incoming
from services.documents.add_document import Upload
from services.house import House
from tests.api.conftest import settings_in
from tests.servers.openai_server import OpenAIServer

WRITES: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Repository, ("_insert", "_insert_many", "_update", "_delete", "_update_all", "_delete_all")),
    (FileStore, ("place", "set_aside", "promote", "remove", "remove_assistant")),
    (ChromaStore, ("add", "remove", "drop")),
)
# Usage is written by a thread of its own, whenever that comes to it.
WRITTEN_LATER = ("ModelCallRepository", "UsageRepository", "UserUsageRepository")
# Other files' installations of this process go on meanwhile.
OTHERS = (
    "delivery",
    "deliveries",
    "pushes",
    "generation",
    "drawing",
    "summaries",
    "golden",
    "usage",
    "flush",
)
PERSON = Actor(ActorKind.PERSON, user_id="a" * 24, name="Bia", role=Role.ADMIN)
RAG, PROMPT = DocumentType.RAG, DocumentType.PROMPT


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Fuse:
    """Counts writes; the one numbered ``at``, and every one after it, does not happen."""

    at: int | None = None
    writes: int = 0
    places: list[str] = field(default_factory=list)

    def write(self, place: str) -> None:
        self.writes += 1
        self.places.append(place)
        if self.at is not None and self.writes >= self.at:
            raise Crash


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, model_server: OpenAIServer) -> Iterator[House]:
    """An installation without background work: this test does it, step by step."""
    running: Installation = open_installation(settings_in(tmp_path_factory.mktemp("crash"), model_server))
    yield running.house
    running.stop()


@pytest.fixture
def fuse(monkeypatch: pytest.MonkeyPatch) -> Fuse:
    fuse = Fuse(at=None)
    # Or else a slow moment makes one more write: how long is left is told when it is long.
    monkeypatch.setattr("services.documents.report_progress.WORTH_SAYING_S", math.inf)
    for owner, names in WRITES:
        for name in names:
            monkeypatch.setattr(owner, name, _fused(fuse, getattr(owner, name), f"{owner.__name__}.{name}"))
    return fuse


def _fused(fuse: Fuse, original: Callable[..., Any], place: str) -> Callable[..., Any]:
    def write(*args: Any, **more: Any) -> Any:
        writer = type(args[0]).__name__
        if writer not in WRITTEN_LATER and not threading.current_thread().name.startswith(OTHERS):
            fuse.write(f"{writer}.{place.partition('.')[2]}")
        return original(*args, **more)

    return write


class Stage:
    """An assistant of its own, and what is done to it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.assistant: Assistant = house.assistants.add_assistant.add(
            PERSON, "Clínica", PERSON.user_id, AssistantSettings(model="offline")
        )

    def upload(self, name: str, text: str, kind: DocumentType = RAG) -> Document:
        upload = Upload(name, io.BytesIO(text.encode()), kind)
        return self.house.documents.add_document.add(self.assistant, upload)

    def work(self) -> None:
        """What the background does, until nothing is left."""
        for _ in range(10):
            documents = self.house.documents.index_document.with_work()
            if not documents:
                return
            for document in documents:
                self.house.documents.index_document.index(document.id)
        raise AssertionError("the work has no end")

    def ready(self, name: str, text: str, kind: DocumentType = RAG) -> Document:
        document = self.upload(name, text, kind)
        self.work()
        return document

    def documents(self) -> list[Document]:
        """What a person sees, oldest first."""
        return list(self.house.documents.find_documents.page(PERSON, self.assistant.id, 100, "").items[::-1])

    def texts(self) -> list[str]:
        """The contents of what a person sees, oldest first."""
        contents = []
        for document in self.documents():
            with self.house.documents.find_documents.content(document) as stream:
                contents.append(stream.read().decode())
            assert hashlib.sha256(contents[-1].encode()).hexdigest() == document.sha256
        return contents

    def in_answers(self) -> set[str]:
        """The texts that a search finds."""
        current = self.house.assistants.find_assistants.get(PERSON, self.assistant.id)
        found = self.house.retrieval.search_passages.search(current, "quanto custa a limpeza", 20)
        return {one.text for one in found.passages}

    def recover(self) -> None:
        """What a start does."""
        self.house.chats.recover_turns.recover()
        self.house.documents.delete_document.end_left_over()
        self.house.assistants.delete_assistant.finish_all()
        self.work()

    def findings(self) -> list[str]:
        """What the doctor finds in this assistant, and what is still said to be changing."""
        doctor = self.house.upkeep.keep_consistent
        documents = self.house.documents.index_document._documents.all_of(self.assistant.id)
        found = [
            *doctor._check_knowledge.findings(self.assistant.id, documents),
            *doctor._check_files.findings(self.assistant.id, documents),
        ]
        left = self.house.documents.delete_document._assistants.left_changing().values()
        return [*(str(one) for one in found), *(change for changes in left for change in changes)]

    def indexed(self) -> tuple[list[str], list[str]]:
        """The documents of all chunks and of all vectors that there are, one entry a chunk."""
        reembed = self.house.documents.reembed
        chunks = [one.id for one in reembed._chunks.of_assistant(self.assistant.id, RAG)]
        vectors = reembed._vectors.ids(reembed._collection(self.assistant.id, RAG))
        return sorted(one.partition(":")[0] for one in chunks), sorted(
            one.partition(":")[0] for one in vectors
        )

    def say(self, message: str, message_id: str) -> str | None:
        incoming = Incoming(Channel("+55", "Whatsapp"), message, message_id=message_id)
        return self.house.chats.answer_message.answer(self.assistant, incoming).response

    def chats(self) -> list[Chat]:
        return list(
            self.house.chats.find_chats.page(PERSON, ChatFilter(assistant_id=self.assistant.id), 9, "").items
        )


Scene = Callable[[Stage], Callable[[], object]]


def first_upload(stage: Stage) -> Callable[[], object]:
    return lambda: stage.ready("a.md", "A limpeza custa 1 real.")


def replacement(stage: Stage) -> Callable[[], object]:
    stage.ready("a.md", "A limpeza custa 1 real.")
    return lambda: stage.ready("a.md", "A limpeza custa 2 reais.")


def two_replacements(stage: Stage) -> Callable[[], object]:
    stage.ready("a.md", "A limpeza custa 1 real.")
    stage.upload("a.md", "A limpeza custa 2 reais.")
    return lambda: stage.ready("a.md", "A limpeza custa 2 reais, sim.")


def new_prompt(stage: Stage) -> Callable[[], object]:
    stage.ready("prompt.md", "Fale como pirata.", PROMPT)
    return lambda: stage.ready("prompt.md", "Fale como poeta.", PROMPT)


def prompt_taken_back(stage: Stage) -> Callable[[], object]:
    stage.ready("prompt.md", "Fale como pirata.", PROMPT)
    newest = stage.ready("prompt.md", "Fale como poeta.", PROMPT)
    return lambda: stage.house.documents.delete_document.delete(newest)


def deletion(stage: Stage) -> Callable[[], object]:
    document = stage.ready("a.md", "A limpeza custa 1 real.")
    return lambda: stage.house.documents.delete_document.delete(document)


def reading_anew(stage: Stage) -> Callable[[], object]:
    stage.ready("a.md", "A limpeza custa 1 real.")

    def anew() -> None:
        stage.house.documents.reindex_document.reindex(stage.documents()[0])
        stage.work()

    return anew


# Scene → what a person may find after the crash and the next start.
DOCUMENT_SCENES: dict[Scene, list[list[str]]] = {
    first_upload: [[], ["A limpeza custa 1 real."]],
    replacement: [["A limpeza custa 1 real."], ["A limpeza custa 2 reais."]],
    two_replacements: [["A limpeza custa 2 reais."], ["A limpeza custa 2 reais, sim."]],
    new_prompt: [["Fale como pirata."], ["Fale como pirata.", "Fale como poeta."]],
    prompt_taken_back: [["Fale como pirata."], ["Fale como pirata.", "Fale como poeta."]],
    deletion: [[], ["A limpeza custa 1 real."]],
    reading_anew: [["A limpeza custa 1 real."]],
}


def crashed_at_each(house: House, fuse: Fuse, scene: Scene) -> Iterator[Stage]:
    """A stage for each write that the scene makes, with the crash in place of it and the next start behind it."""
    act = scene(Stage(house))
    fuse.at, fuse.writes, fuse.places = None, 0, []
    act()
    count, places = fuse.writes, list(fuse.places)
    for number in range(1, count + 1):
        fuse.at = None
        stage = Stage(house)
        act = scene(stage)
        fuse.at, fuse.writes, fuse.places = number, 0, []
        with pytest.raises(Crash):
            act()
        assert fuse.places[:number] == places[:number]
        fuse.at = None
        stage.recover()
        assert stage.findings() == [], places[number - 1]
        assert list(house.documents.index_document.with_work()) == []
        once = sorted(one.id for one in stage.documents() if one.type is RAG)  # each has a single chunk
        assert stage.indexed() == (once, once), places[number - 1]
        yield stage
    assert count > 5


@pytest.mark.parametrize("scene", DOCUMENT_SCENES, ids=lambda scene: scene.__name__)
def test_documents_are_what_they_were_or_what_they_were_to_be(house: House, fuse: Fuse, scene: Scene) -> None:
    met = set()
    for stage in crashed_at_each(house, fuse, scene):
        documents, texts = stage.documents(), stage.texts()
        assert {one.status for one in documents} <= {DocumentStatus.READY}
        assert texts in DOCUMENT_SCENES[scene]
        met.add(tuple(texts))
        if all(one.type is RAG for one in documents):
            assert stage.in_answers() == set(texts)
        root = house.settings.documents_dir / stage.assistant.id
        files = [path for path in root.rglob("*") if path.is_file()]
        assert len(files) == len(documents)
        assert (root / "prompt.md").exists() is any(one.type is PROMPT for one in documents)
    assert len(met) > 1 or scene is reading_anew


def turn(stage: Stage) -> Callable[[], object]:
    stage.say("Quanto custa?", "0")
    return lambda: stage.say("Quanto custa a limpeza?", "1")


def first_turn(stage: Stage) -> Callable[[], object]:
    return lambda: stage.say("Quanto custa a limpeza?", "1")


@pytest.mark.parametrize("scene", [first_turn, turn], ids=lambda scene: scene.__name__)
def test_a_turn_is_once_and_counted_once_and_locks_no_chat(house: House, fuse: Fuse, scene: Scene) -> None:
    scene_stage = Stage(house)
    act = scene(scene_stage)
    fuse.writes = 0
    act()
    count = fuse.writes
    for number in range(1, count + 1):
        fuse.at = None
        stage = Stage(house)
        act = scene(stage)
        fuse.at, fuse.writes = number, 0
        with pytest.raises(Crash):
            act()
        fuse.at = None
        stage.recover()
        assert all(one.status is not MessageStatus.WAITING for one in messages(stage))
        answer = stage.say("Quanto custa a limpeza?", "1")
        assert answer
        assert stage.say("Quanto custa a limpeza?", "1") == answer
        assert stage.say("E o clareamento?", "2")
        assert_counted_once(stage)
    assert count >= 4


def messages(stage: Stage) -> list[Any]:
    chats = stage.chats()
    return list(stage.house.chats.find_chats.messages(PERSON, chats[0], 100, "").items) if chats else []


def assert_counted_once(stage: Stage) -> None:
    """Every message is there once with its answer behind it, and the chat's tokens are theirs."""
    [chat] = stage.chats()
    listed = messages(stage)
    asked = [one.message_id for one in listed if one.message_id]
    assert len(asked) == len(set(asked))
    assert {one.status for one in listed} == {MessageStatus.ANSWERED}
    assert len(listed) == 2 * len(asked)
    total = sum((one.tokens for one in listed if one.reply_to), Tokens())
    assert (chat.tokens.input, chat.tokens.output) == (total.input, total.output)
    assert chat.response == listed[-1].content


def test_a_reply_is_delivered_at_most_once_and_then_in_its_chat(house: House, fuse: Fuse) -> None:
    def reply_and_deliver(stage: Stage) -> None:
        sent = house.chats.take_over.reply(PERSON, stage.chats()[0], "Aqui é gente.")
        assert house.chats.deliver_replies.acknowledge(stage.assistant, [sent.id]) == 1

    stage = Stage(house)
    stage.say("Oi", "1")
    fuse.writes = 0
    reply_and_deliver(stage)
    count = fuse.writes
    for number in range(1, count + 1):
        fuse.at = None
        stage = Stage(house)
        stage.say("Oi", "1")
        fuse.at, fuse.writes = number, 0
        with pytest.raises(Crash):
            reply_and_deliver(stage)
        fuse.at = None
        stage.recover()
        waiting = house.chats.deliver_replies.waiting(stage.assistant, 9, "").items
        house.chats.deliver_replies.acknowledge(stage.assistant, [one.reply.id for one in waiting])
        assert house.chats.deliver_replies.waiting(stage.assistant, 9, "").items == ()
        replies = [one for one in messages(stage) if one.author]
        assert [one.status for one in replies] == [MessageStatus.DELIVERED] * (0 if number == 1 else 1)
    assert count >= 5


def test_a_deleted_chat_or_assistant_is_there_or_gone_and_leaves_nothing(house: House, fuse: Fuse) -> None:
    def removal(stage: Stage) -> None:
        house.chats.take_over.delete(stage.chats()[0])
        house.assistants.delete_assistant.delete(stage.assistant)

    def furnished() -> Stage:
        stage = Stage(house)
        stage.ready("a.md", "A limpeza custa 1 real.")
        stage.say("Oi", "1")
        house.chats.take_over.reply(PERSON, stage.chats()[0], "Aqui é gente.")
        return stage

    stage = furnished()
    fuse.writes = 0
    removal(stage)
    count = fuse.writes
    repositories = (
        house.chats.find_chats._messages,
        house.chats.deliver_replies._outbox,
        house.chats.find_chats._chats,
    )
    for number in range(1, count + 1):
        fuse.at = None
        stage = furnished()
        fuse.at, fuse.writes = number, 0
        with pytest.raises(Crash):
            removal(stage)
        fuse.at = None
        stage.recover()
        if house.assistants.delete_assistant._assistants.by_id(stage.assistant.id) is None:
            scope = Scope(assistant_id=stage.assistant.id)
            assert [one._count(scope) for one in repositories] == [0, 0, 0]
            assert not (house.settings.documents_dir / stage.assistant.id).exists()
        else:
            assert (stage.texts(), stage.findings()) == (["A limpeza custa 1 real."], [])
            removal_again = stage.chats()
            for chat in removal_again:
                house.chats.take_over.delete(chat)
            assert house.chats.find_chats._messages._count(Scope(assistant_id=stage.assistant.id)) == 0
    assert count >= 10


def test_after_all_these_crashes_files_records_and_vectors_agree(house: House) -> None:
    assert house.upkeep.keep_consistent.check(fix=False) == []
