"""The server goes away and comes back: the same client, without a restart of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from integrations.database.embedded import EmbeddedDatabase
from kit.errors import Unavailable
from kit.ids import new_id
from repositories.base import Repository
from repositories.connection import connect, database, ping
from repositories.scope import WHOLE
from tests.servers.secantus import Secantus

QUICK = "&serverSelectionTimeoutMS=300"


@dataclass(frozen=True)
class Server:
    """A server that can be stopped and started on one port."""

    uri: str
    start: Callable[[], object]
    stop: Callable[[], object]


class Notes(Repository):
    collection: ClassVar[str] = "notes"
    page_keys: ClassVar[dict[str, str]] = {"whole": "page"}

    def add(self, note: str) -> None:
        self._insert(WHOLE, {"_id": note})

    def has(self, note: str) -> bool:
        return self._get(WHOLE, note) is not None

    def change(self, note: str) -> bool:
        return self._update(WHOLE, note, {"$set": {"changed": True}})

    def remove(self, note: str) -> bool:
        return self._delete(WHOLE, note)

    def names(self) -> set[str]:
        return {record["_id"] for record in self._each(WHOLE)}


@pytest.fixture(params=["nx-27017", "secantusdb"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    made = _embedded(tmp_path) if request.param == "nx-27017" else _secantus(tmp_path)
    yield made
    made.stop()


def _secantus(directory: Path) -> Server:
    secantus = Secantus(directory / "data")
    secantus.start()
    return Server(secantus.uri + QUICK, secantus.start, secantus.stop)


def _embedded(directory: Path) -> Server:
    first = EmbeddedDatabase(directory / "db")
    uri = first.start()
    port = int(uri.split(":")[2].partition("/")[0])
    first.stop()
    embedded = EmbeddedDatabase(directory / "db", port=port)
    embedded.start()
    return Server(uri + QUICK, embedded.start, embedded.stop)


@pytest.mark.timeout(60)
def test_calls_are_unavailable_meanwhile_and_work_after(server: Server) -> None:
    with connect(server.uri) as client:
        notes = Notes(database(client, "app", embedded=True))
        notes.add("before")
        server.stop()
        calls: list[Callable[[], object]] = [
            lambda: notes.has("before"),
            lambda: notes.add("meanwhile"),
            lambda: notes.change("before"),
            lambda: notes.remove("before"),
            notes.names,
            lambda: ping(client),
        ]
        for call in calls:
            with pytest.raises(Unavailable) as refusal:
                call()
            assert refusal.value.error_code == "records_unavailable"
            assert refusal.value.retry_after
        server.start()
        assert _settled(lambda: notes.has("before"))
        assert notes.change("before")
        notes.add("after")
        assert notes.names() == {"before", "after"}
        assert notes.remove("before")


@pytest.mark.timeout(60)
def test_under_load_no_acknowledged_write_is_lost(server: Server) -> None:
    acknowledged: list[str] = []
    refused: list[Unavailable] = []
    surprises: list[Exception] = []
    over = threading.Event()

    def write(notes: Notes) -> None:
        while not over.is_set():
            note = new_id()
            try:
                notes.add(note)
                acknowledged.append(note)
            except Unavailable as refusal:
                refused.append(refusal)
            except Exception as surprise:  # noqa: BLE001  # whatever else it is, it must not be
                surprises.append(surprise)

    with connect(server.uri) as client:
        notes = Notes(database(client, "app", embedded=True))
        writers = [threading.Thread(target=write, args=(notes,)) for _ in range(4)]
        for writer in writers:
            writer.start()
        try:
            for _ in range(2):
                _wait_for_more(acknowledged, 50)
                server.stop()
                _wait_for_more(refused, 4)
                server.start()
            _wait_for_more(acknowledged, 50)
        finally:
            over.set()
            for writer in writers:
                writer.join()
        assert surprises == []
        assert set(acknowledged) <= notes.names()


def _wait_for_more(events: list[str] | list[Unavailable], count: int) -> None:
    wanted = len(events) + count
    pause = threading.Event()
    while len(events) < wanted:
        pause.wait(0.01)


def _settled(call: Callable[[], bool]) -> bool:
    """What ``call`` says once the client has seen that the server is back."""
    for _ in range(20):
        try:
            return call()
        except Unavailable:
            continue
    return False
