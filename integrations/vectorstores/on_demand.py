"""A store that is opened when something is written to it, or at once where it holds something already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from integrations.vectorstores.base import Vectors
from integrations.vectorstores.remembered import ReadableStore
from kit.errors import Unavailable


class OnDemand:
    """A ``ReadableStore`` over one that takes a process and its memory: where nothing was ever written, none runs.

    ``holds`` says whether there is something to be found; then it is opened now, and not at the first search.
    """

    def __init__(self, open_store: Callable[[], ReadableStore], *, holds: bool) -> None:
        self._open = open_store
        self._lock = threading.Lock()
        self._closed = False
        self._store: ReadableStore | None = open_store() if holds else None

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        self._opened().add(collection, ids, vectors)

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine similarity, nearest first."""
        return self._store.query(collection, vector, limit) if self._store else []

    def ids(self, collection: str) -> set[str]:
        """Every id in the collection."""
        return self._store.ids(collection) if self._store else set()

    def count(self, collection: str) -> int:
        """How many vectors a collection holds."""
        return self._store.count(collection) if self._store else 0

    def read(self, collection: str) -> tuple[list[str], Vectors]:
        """Every id of a collection, and the vectors in the same order."""
        return self._store.read(collection) if self._store else ([], np.empty((0, 0), dtype=np.float32))

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Take ids out; ids that are not there are passed over."""
        if self._store:
            self._store.remove(collection, ids)

    def drop(self, collection: str) -> None:
        """Remove the collection and whatever it left on disk."""
        if self._store:
            self._store.drop(collection)

    def collections(self) -> set[str]:
        """The names of all collections."""
        return self._store.collections() if self._store else set()

    def wake(self) -> None:
        """Have the store opened: something is about to be written."""
        self._opened()

    def ping(self) -> None:
        """Raise ``Unavailable`` when the store cannot be reached; an unneeded one is not opened for it."""
        if self._closed:
            raise Unavailable("The server is stopping.")
        if self._store:
            self._store.ping()

    def close(self) -> None:
        """Let go of what the store holds, and open none any more."""
        with self._lock:
            self._closed = True
            store = self._store
        if store:
            store.close()

    def _opened(self) -> ReadableStore:
        with self._lock:
            if self._store is None:
                if self._closed:
                    raise Unavailable("The server is stopping.")
                self._store = self._open()
            return self._store
