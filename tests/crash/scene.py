"""An installation with clients that write, killed and started again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.background import SWEEP_EVERY_S
from jobs.operator_door import knock
from kit.errors import Unavailable
from tests.crash.ledger import Client, Ledger
from tests.crash.writers import Clients, Contact, Prompter, Remover, Replier, Uploader, Writer
from tests.servers.application import Application
from tests.servers.killable import Killable

ADMIN = {"name": "Ana", "email": "ana@example.com", "password": "correct horse battery"}
SETTINGS = {"RATE_LIMIT": "10000000 per minute", "LOG_LEVEL": "WARNING"}
WRITERS: tuple[type[Writer], ...] = (Contact, Contact, Uploader, Uploader, Prompter, Replier, Remover)
# Without any change. What two threads leave to each other waits for a sweep, and a slow machine for everything.
STILL_FOR_S = 30.0 + SWEEP_EVERY_S
MOMENT_WITHIN_S = 20.0
Moment = tuple[str, str, int]
# (when, method, call): the moments of a turn, of a reply, of a document's way, of deletions.
MOMENTS: tuple[Moment, ...] = (
    ("after", "repositories.chats:ChatRepository.add", 2),
    ("before", "repositories.messages:MessageRepository.add", 7),
    ("after", "repositories.chats:ChatRepository.note_message", 3),
    ("after", "services.chats.compose_answer:ComposeAnswer.complete", 5),
    ("before", "repositories.chats:ChatRepository.note_answer", 6),
    ("after", "repositories.chats:ChatRepository.note_answer", 6),
    ("after", "repositories.outbox:OutboxRepository.add", 3),
    ("before", "repositories.chats:ChatRepository.delete", 1),
    ("after", "repositories.documents:DocumentRepository.add", 5),
    ("after", "integrations.files:FileStore.set_aside", 1),
    ("after", "integrations.files:FileStore.place", 5),
    ("after", "integrations.vectorstores.chroma:ChromaStore.add", 3),
    ("before", "repositories.documents:DocumentRepository.set_ready", 3),
    ("after", "repositories.documents:DocumentRepository.set_ready", 3),
    ("after", "repositories.documents:DocumentRepository.mark_deleted", 2),
    ("after", "integrations.files:FileStore.remove", 2),
    ("before", "integrations.files:FileStore.promote", 2),
    ("after", "repositories.assistants:AssistantRepository.mark_deleted", 1),
    ("before", "integrations.vectorstores.chroma:ChromaStore.drop", 2),
)
# Those between, for whoever has more time.
MORE_MOMENTS: tuple[Moment, ...] = (
    ("after", "repositories.documents:DocumentRepository.show", 4),
    ("before", "repositories.documents:DocumentRepository.replaced_by", 1),
    ("before", "repositories.outbox:OutboxRepository.remove", 2),
    ("after", "repositories.messages:MessageRepository.set_status", 7),
    ("after", "repositories.chunks:ChunkRepository.add_all", 3),
    ("before", "repositories.chats:ChatRepository.note_message", 2),
    ("after", "services.chats.compose_answer:ComposeAnswer.prepare", 4),
    ("before", "repositories.chats:ChatRepository.note_reply", 2),
    ("after", "integrations.files:FileStore.receive", 4),
    ("after", "repositories.documents:DocumentRepository.claim", 3),
    ("after", "integrations.vectorstores.chroma:ChromaStore.remove", 2),
    ("before", "repositories.documents:DocumentRepository.forget", 2),
    ("before", "integrations.files:FileStore.remove_assistant", 1),
    ("after", "repositories.assistants:AssistantRepository.end_change", 4),
)
# The same of a start that finds what a kill left.
START_MOMENTS: tuple[Moment, ...] = (
    ("after", "repositories.messages:MessageRepository.with_open_turns", 1),
    ("after", "services.documents.index_document:IndexDocument.with_work", 1),
)


class Scene:
    """Clients of one application; what they were promised is in ``ledger``."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.application = application
        self.ledger = Ledger()
        self.kills = 0
        self._data_dir = folder / "data"
        self._token = ""
        self._assistant: dict[str, Any] = {}
        self._writers: list[Writer] = []
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Make the account and the assistant that all is written to; the application runs."""
        self.application.request("POST", "/auth/register", ADMIN)
        sign_in = {name: ADMIN[name] for name in ("email", "password")}
        status, session = self.application.request("POST", "/auth/login", sign_in)
        assert status == 200, session
        self._token = session["token"]
        person = self._person()
        _, self._assistant = person.call("POST", "/assistants/add", {"name": "Clínica", "model": "offline"})
        person.close()
        self._writers = [kind(self.ledger, self._assistant) for kind in WRITERS]

    def write(self) -> None:
        """Let the writers write, each in a thread, until the server is gone."""
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in self._writers]
        for thread in self._threads:
            thread.start()

    def is_gone(self) -> None:
        """Wait until every writer has noticed."""
        self.kills += 1
        self._threads, ended = [], self._threads
        for thread in ended:
            thread.join(60)
            self.ledger.check("a writer hangs", kept=not thread.is_alive())

    def look(self) -> None:
        """See that files, records and vectors agree by themselves, and that all promises are kept."""
        self._wait_until_idle()
        findings = knock(self._data_dir, "doctor")
        self.ledger.check(f"the doctor finds {findings}", kept=not findings)
        clients = self._clients()
        for writer in self._writers:
            writer.look(clients)
        clients.close()

    def kill_database(self) -> None:
        """``kill -9`` of the embedded database too."""
        pid = (self._data_dir / "db" / "child.lock").read_text()
        os.kill(int(pid), signal.SIGKILL)

    def _run(self, writer: Writer) -> None:
        clients = self._clients()
        writer.run(clients)
        clients.close()

    def _wait_until_idle(self) -> None:
        """Wait for the documents that something is to be done with, as long as anything is done."""
        left: list[str] = []
        give_up = time.monotonic() + STILL_FOR_S
        while time.monotonic() < give_up:
            try:
                found = knock(self._data_dir, "work")
            except Unavailable:
                found = left  # the database is being started again
            else:
                if not found:
                    return
            if found != left:
                left, give_up = found, time.monotonic() + STILL_FOR_S
            time.sleep(0.02)
        self.ledger.check(f"documents are not indexed on: {left}", kept=False)

    def _clients(self) -> Clients:
        bot = Client(self.application.url, {"X-API-Key": self._assistant["api_key"]})
        return Clients(self._person(), bot)

    def _person(self) -> Client:
        return Client(self.application.url, {"Authorization": f"Bearer {self._token}"})


def kill_at(scene: Scene, application: Killable, moments: Sequence[Moment]) -> list[str]:
    """Kill it once at each of the moments, under writers, then at those of a start; those that never came.

    At the end the application runs, and all promises were looked at.
    """
    missed = []
    for when, method, call in moments:
        application.moment = f"{when} {method} {call}"
        application.start()
        scene.look()
        application.arm()
        scene.write()
        if not application.has_died(MOMENT_WITHIN_S):
            missed.append(application.moment)
            application.kill()
        scene.is_gone()
    for when, method, call in START_MOMENTS:
        application.moment = f"{when} {method} {call}"
        if not application.dies_at_start(MOMENT_WITHIN_S):
            missed.append(application.moment)
            application.kill()
        scene.kills += 1
    application.moment = ""
    application.start()
    scene.look()
    return missed


def kill_at_random(scene: Scene, times: int, seed: int) -> None:
    """Kill it so many times at any moment of half a second of writing, every other time with its database."""
    chance = random.Random(seed)
    for number in range(times):
        scene.write()
        time.sleep(chance.uniform(0.05, 0.5))
        if number % 2:
            scene.kill_database()
        scene.application.kill()
        scene.is_gone()
        scene.application.start()
        scene.look()
