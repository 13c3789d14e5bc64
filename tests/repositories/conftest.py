"""Every repository test runs on each engine: nx-27017, SecantusDB, and ``TEST_MONGO_URI`` when it is set."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from integrations.database.embedded import EmbeddedDatabase
from kit.ids import new_id
from repositories.connection import connect
from repositories.connection import database as database_of
from repositories.indexes import ensure_indexes
from repositories.values import Record
from tests.servers import secantus

ENGINES = ("nx-27017", "secantusdb", *(("mongodb",) if os.environ.get("TEST_MONGO_URI") else ()))


@dataclass(frozen=True)
class Engine:
    """A server that is up, and our client of it."""

    name: str
    uri: str
    client: MongoClient[Record]


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Engine]]:
    """The engine of a name, started when it is first asked for and running until the end."""
    with contextlib.ExitStack() as running:

        @functools.cache
        def started(name: str) -> Engine:
            uri = running.enter_context(_server(name, tmp_path_factory))
            client = connect(uri)
            running.callback(client.close)
            return Engine(name, uri, client)

        yield started


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, start_engine: Callable[[str], Engine]) -> Engine:
    return start_engine(request.param)


@pytest.fixture
def database(engine: Engine) -> Iterator[Database[Record]]:
    """A database of a fresh name with every index."""
    name = f"test_{new_id()}"
    fresh = database_of(engine.client, name, embedded=engine.name == "nx-27017")
    ensure_indexes(fresh)
    yield fresh
    engine.client.drop_database(name)


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
