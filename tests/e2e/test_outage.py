"""The database or Chroma goes away under load and comes back: no restart of ours."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any, Self

import pytest

from integrations.database.lockfile import holder_says
from tests.crash.ledger import Down
from tests.servers.chroma_server import chroma_server, free_port
from tests.servers.killable import Killable, Template
from tests.servers.secantus import Secantus
from tests.talk import wait_until
from tests.visitor import Visitor, visited

SETTINGS = {"RATE_LIMIT": "10000000 per minute", "LOG_LEVEL": "WARNING"}
ERROR = {"error", "message", "details", "request_id"}


class Load:
    """Contacts who write all the time; what they were answered, and what else came back."""

    def __init__(self, visitor: Visitor, contacts: int = 4) -> None:
        self.answered: list[tuple[str, str]] = []
        self.refused: list[tuple[int, Any]] = []
        self.dropped = 0
        self._visitor = visitor
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(f"c{n}",)) for n in range(contacts)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more_answers(self, count: int) -> None:
        """Wait until so many more were answered."""
        wanted = len(self.answered) + count
        wait_until(lambda: len(self.answered) >= wanted)

    def check_nothing_is_lost(self) -> None:
        """Every answered message is in its chat, answered."""
        for contact in {contact for contact, _ in self.answered}:
            _, messages = self._visitor.person.call("GET", f"/chats/messages/{contact}?limit=1000")
            there = {one["message_id"] for one in messages if one["status"] == "answered"}
            told = {message_id for name, message_id in self.answered if name == contact}
            assert told <= there

    def _write(self, contact: str) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            try:
                status, body = self._visitor.say(contact, str(number))
            except Down:
                self.dropped += 1
                continue
            if status == 200:
                self.answered.append((contact, str(number)))
            else:
                self.refused.append((status, body))


def check_refusals(load: Load) -> None:
    """Whoever was refused was told so, in the one error shape."""
    assert {status for status, _ in load.refused} <= {503}, load.refused[:3]
    assert all(body.keys() == ERROR for _, body in load.refused)
    assert {body["error"] for _, body in load.refused} <= {"records_unavailable", "interrupted"}
    assert load.dropped == 0


def test_an_embedded_database_that_is_killed_comes_back_by_itself(template: Template, tmp_path: Path) -> None:
    with Killable(template, tmp_path, SETTINGS) as application, visited(application) as visitor:
        with Load(visitor) as load:
            load.more_answers(8)
            killed: set[str] = set()
            for _ in range(4):  # one that keeps dying is started again after ever longer waits
                wait_until(lambda: database_of(tmp_path) not in {"", *killed})
                killed.add(database_of(tmp_path))
                os.kill(int(database_of(tmp_path)), signal.SIGKILL)
            load.more_answers(8)
        check_refusals(load)
        load.check_nothing_is_lost()
        assert application.request("GET", "/health/ready")[0] == 200
        assert visitor.say("afterwards", "1")[0] == 200


def database_of(folder: Path) -> str:
    """The process id of the embedded database that runs."""
    return holder_says(folder / "data" / "db" / "child.lock") or ""


@pytest.mark.slow
def test_a_database_server_that_is_stopped_and_started_again_is_found_again(
    template: Template, tmp_path: Path
) -> None:
    database = Secantus(tmp_path / "secantus")
    database.start()
    settings = {**SETTINGS, "MONGO_URI": f"{database.uri}&serverSelectionTimeoutMS=500"}
    try:
        with Killable(template, tmp_path, settings) as application, visited(application) as visitor:
            document = visitor.upload("a.md", "A limpeza custa 120 reais.")
            wait_until(lambda: visitor.is_ready(document))
            with Load(visitor) as load:
                load.more_answers(8)
                database.stop()
                wait_until(lambda: len(load.refused) >= 4)
                assert application.request("GET", "/health") == (200, {"status": "healthy"})
                status, ready = application.request("GET", "/health/ready")
                assert (status, ready["dependencies"]["records"]) == (503, "records_unavailable")
                status, body = visitor.person.call("GET", "/chats/list")
                assert (status, body["error"]) == (503, "records_unavailable")
                database.start()
                load.more_answers(8)
            check_refusals(load)
            load.check_nothing_is_lost()
            assert application.request("GET", "/health/ready")[0] == 200
            answer = visitor.say("afterwards", "1")
            assert (answer[0], "120" in answer[1]["response"]) == (200, True)
    finally:
        database.stop()


@pytest.mark.slow
def test_without_chroma_answers_go_on_by_words_and_documents_are_indexed_later(
    template: Template, tmp_path: Path
) -> None:
    port, vectors = free_port(), tmp_path / "vectors"
    settings = {**SETTINGS, "CHROMA_URL": f"http://127.0.0.1:{port}"}
    application = Killable(template, tmp_path, settings)
    with application, visited(application) as visitor:  # it starts without
        assert application.request("GET", "/health/ready")[1]["dependencies"]["vectors"] != "ready"
        first = visitor.upload("a.md", "A limpeza custa 120 reais.")
        with chroma_server(vectors, port):
            wait_until(lambda: visitor.is_ready(first))
            assert "120" in visitor.say("c", "1")[1]["response"]
            assert application.request("GET", "/health/ready")[0] == 200
        with Load(visitor, contacts=2) as load:
            load.more_answers(4)
            second = visitor.upload("b.md", "O clareamento custa 900 reais.")
            status, answer = visitor.say("c", "2")
            assert (status, "120" in answer["response"]) == (200, True)
            assert [one["document_id"] for one in answer["sources"]] == [first["_id"]]
            _, now = visitor.person.call("GET", f"/documents/get/{second['_id']}")
            assert now["status"] in ("pending", "processing")
            status, ready = application.request("GET", "/health/ready")
            assert (status, ready["dependencies"]["records"]) == (503, "ready")
            with chroma_server(vectors, port):
                wait_until(lambda: visitor.is_ready(second))
                answer = visitor.say("c", "3", "Quanto custa o clareamento?")[1]
                assert "900" in answer["response"]
                assert visitor.person.call("DELETE", f"/documents/delete/{first['_id']}")[0] == 200
        assert (load.refused, load.dropped) == ([], 0)
