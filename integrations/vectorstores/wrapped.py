"""A store around another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from integrations.vectorstores.base import Vectors, VectorStore

Store = TypeVar("Store", bound=VectorStore)


class WrappedStore(Generic[Store]):
    """A ``VectorStore`` that passes everything on; whoever derives from it says what is different."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids (again is the same), making the collection at the first call."""
        self._store.add(collection, ids, vectors)

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine similarity, nearest first."""
        return self._store.query(collection, vector, limit)

    def ids(self, collection: str) -> set[str]:
        """Every id in the collection."""
        return self._store.ids(collection)

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Take ids out; ids that are not there are passed over."""
        self._store.remove(collection, ids)

    def drop(self, collection: str) -> None:
        """Remove the collection and whatever it left on disk."""
        self._store.drop(collection)

    def collections(self) -> set[str]:
        """The names of all collections."""
        return self._store.collections()

    def wake(self) -> None:
        """Get ready for what is about to be written; it is not waited for."""
        self._store.wake()

    def ping(self) -> None:
        """Raise ``Unavailable`` when the store cannot be reached."""
        self._store.ping()

    def close(self) -> None:
        """Let go of what the store holds."""
        self._store.close()
