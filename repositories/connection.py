"""The client of the database server: one for the whole process, safe in all its threads."""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError
from pymongo.write_concern import WriteConcern

from kit.errors import SettingsError
from repositories.errors import database_errors
from repositories.values import Record

# How long a request waits for a server that is gone before it is told so.
SERVER_SELECTION_MS = 3_000
# How long one operation may take: well over the slowest, well under a client's patience.
SOCKET_MS = 20_000

_OPTIONS: dict[str, Any] = {
    "appname": "orquestra",
    "serverSelectionTimeoutMS": SERVER_SELECTION_MS,
    "connectTimeoutMS": SERVER_SELECTION_MS,
    "socketTimeoutMS": SOCKET_MS,
    # A thread holds a connection only while an operation runs: 290 threads share these.
    "maxPoolSize": 64,
    "waitQueueTimeoutMS": 10_000,
    "retryReads": True,
}
# A real server acknowledges a write when most of its replicas have it in their journals.
_SAFE = WriteConcern(w="majority", j=True)


def connect(uri: str) -> MongoClient[Record]:
    """A client that connects at its first operation; what the URI says goes over our defaults.

    ``SettingsError`` for what is no such URI.
    """
    said = uri.partition("?")[2].lower()
    options = {name: value for name, value in _OPTIONS.items() if f"{name.lower()}=" not in said}
    try:
        return MongoClient(uri, tz_aware=True, **options)
    except ConfigurationError as problem:
        raise SettingsError(f"MONGO_URI: {problem}") from None


def database(client: MongoClient[Record], name: str, *, embedded: bool) -> Database[Record]:
    """The database whose writes are durable when they are acknowledged, on either kind of server."""
    return client.get_database(name, write_concern=None if embedded else _SAFE)


def ping(client: MongoClient[Record]) -> None:
    """Return when the server answers; ``Unavailable`` when it does not."""
    with database_errors():
        client.admin.command("ping")
