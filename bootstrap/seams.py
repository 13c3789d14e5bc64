"""What stands outside, as the settings choose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from integrations.counters.memory import CountsInMemory
from integrations.parsing.child import ChildParser
from integrations.vectorstores.base import VectorStore
from integrations.vectorstores.chroma_child import DATABASE, ChildChroma
from integrations.vectorstores.chroma_server import connect_chroma
from integrations.vectorstores.collection_files import CollectionFiles
from integrations.vectorstores.grouped import GroupedVectors
from integrations.vectorstores.on_demand import OnDemand
from integrations.vectorstores.remembered import RememberedVectors
from jobs.kinds import NAMES
from kit.errors import Unavailable
from kit.settings import Settings
from kit.workplaces import Workplaces
from services.limits.count_requests import Counter

if TYPE_CHECKING:
    from integrations.broker import Broker

# Turns at work at once. A database of its own makes them wait, and others may work meanwhile; the embedded one
# works on our processors.
PLACES, PLACES_BESIDE_DATABASE = 16, 2
PARSE_SECONDS, PARSE_MEMORY_MB = 120.0, 1536


def workplaces(settings: Settings) -> Workplaces:
    """The places at which turns are at work."""
    return Workplaces(PLACES if settings.mongo_uri else PLACES_BESIDE_DATABASE)


def vector_store(settings: Settings, turns: Workplaces) -> VectorStore:
    """A Chroma server, or a Chroma of our own in a child process."""
    if settings.chroma_url:
        return connect_chroma(settings.chroma_url)
    directory = settings.data_dir / "chroma"
    chroma = OnDemand(lambda: ChildChroma(directory), holds=(directory / DATABASE).exists())
    copies = CollectionFiles(settings.data_dir / "vectors")
    return GroupedVectors(RememberedVectors(chroma, copies), turns=turns)


def open_broker(url: str) -> Broker:
    """The way to the workers."""
    # celery takes most of a second to import, and 45 MB.
    from integrations.broker import Broker

    return Broker(url, NAMES)


def request_counter(settings: Settings) -> Counter:
    """Redis, or the memory of this process."""
    if settings.redis_url:
        from integrations.counters.redis import CountsInRedis

        return CountsInRedis(settings.redis_url)
    return CountsInMemory()


def parser() -> ChildParser:
    """The child process that reads files, within bounds."""
    return ChildParser(max_seconds=PARSE_SECONDS, max_memory_mb=PARSE_MEMORY_MB)


class OwnedElsewhere:
    """A vector store that another process owns: nothing of it can be had from here."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object, **__: object) -> Any:
            raise Unavailable("The vectors belong to the running server.", code="vectors_owned")

        return refuse
