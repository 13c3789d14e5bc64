"""Every repository test runs on each engine: nx-27017, SecantusDB, and ``TEST_MONGO_URI`` when it is set."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from integrations.database.embedded import EmbeddedDatabase
from kit.ids import new_id
from repositories.connection import connect
from repositories.connection import database as database_of
from repositories.indexes import INDEXES, ensure_indexes
from repositories.values import Record
from tests.servers import secantus

ENGINES = ("nx-27017", "secantusdb", *(("mongodb",) if os.environ.get("TEST_MONGO_URI") else ()))


INDEXED = frozenset(index.collection for index in INDEXES)


class Watched(Database[Record]):
    """A database that notes which collections it was asked for."""

    def __init__(self, client: MongoClient[Record], name: str, write_concern: WriteConcern) -> None:
        super().__init__(client, name, write_concern=write_concern)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Collection[Record]:
        self.asked.add(name)
        return super().__getitem__(name)


@dataclass(frozen=True)
class Engine:
    """A server that is up, and our database on it."""

    name: str
    uri: str
    database: Watched


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Engine]]:
    """The engine of a name, started when it is first asked for and running until the end."""
    with contextlib.ExitStack() as running:

        @functools.cache
        def started(name: str) -> Engine:
            uri = running.enter_context(_server(name, tmp_path_factory))
            client = connect(uri)
            running.callback(client.close)
            plain = database_of(client, f"test_{new_id()}", embedded=name == "nx-27017")
            running.callback(client.drop_database, plain.name)
            watched = Watched(client, plain.name, plain.write_concern)
            ensure_indexes(watched)
            return Engine(name, uri, watched)

        yield started


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, start_engine: Callable[[str], Engine]) -> Engine:
    return start_engine(request.param)


@pytest.fixture
def database(engine: Engine) -> Iterator[Database[Record]]:
    """A database without a record, with every index; one an engine, for making the indexes takes longest."""
    engine.database.asked.clear()
    yield engine.database
    for name in engine.database.asked & INDEXED:
        engine.database[name].delete_many({})
    for name in set(engine.database.list_collection_names()) - INDEXED:
        engine.database.drop_collection(name)


@contextlib.contextmanager
def _server(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if name == "mongodb":
        yield os.environ["TEST_MONGO_URI"]
    elif name == "secantusdb":
        with secantus.running(tmp_path_factory.mktemp("secantus") / "data") as server:
            yield server.uri
    else:
        embedded = EmbeddedDatabase(tmp_path_factory.mktemp("nx") / "db")
        try:
            yield embedded.start()
        finally:
            embedded.stop()
