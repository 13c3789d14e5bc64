"""Vectors in Chroma: one collection per name, ids and vectors only, in this process or on a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

import numpy as np

from integrations.vectorstores.base import Vectors

# Chroma writes a collection's index down once it has seen `sync_threshold` changes, and what was not written
# when the collection left the cache is not found again before the next start or change: so every change is
# written at once, which costs nothing measurable (docs/adr/0010-vectors.md). An index without any vector
# is never written and cannot be opened again: one vector of our own keeps every collection from being empty.
SENTINEL = "sentinel:0"
INDEX = {"space": "cosine", "batch_size": 1, "sync_threshold": 1}
BATCH = 500  # vectors per call; Chroma refuses more than about 5,000, and other callers wait meanwhile

Handle = TypeVar("Handle")
Found = TypeVar("Found")


class CollectionGone(Exception):
    """The collection behind a handle has been dropped, perhaps by another process."""


class ChromaEngine(Protocol[Handle]):
    """What ``ChromaStore`` needs of a Chroma; every call may raise ``Unavailable`` or ``CollectionGone``.

    Vectors are ``(len(ids), dimensions)`` arrays of float32, a vector is one row of them.
    """

    def find(self, name: str) -> Handle | None:
        """The collection's handle, ``None`` when there is none."""
        ...

    def make(self, name: str) -> Handle:
        """Find the collection or make it."""
        ...

    def count(self, handle: Handle) -> int:
        """How many vectors it holds, the sentinel included."""
        ...

    def add(self, handle: Handle, ids: list[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        ...

    def nearest(self, handle: Handle, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine distance (0 to 2), nearest first."""
        ...

    def ids(self, handle: Handle) -> list[str]:
        """Every id."""
        ...

    def read(self, handle: Handle) -> tuple[list[str], Vectors]:
        """Every id, and the vectors in the same order."""
        ...

    def delete(self, handle: Handle, ids: list[str]) -> None:
        """Take ids out."""
        ...

    def drop(self, name: str) -> None:
        """Remove the collection, if there is one, and its files."""
        ...

    def names(self) -> list[str]:
        """Every collection's name."""
        ...

    def ping(self) -> None:
        """Raise ``Unavailable`` when Chroma cannot be reached."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class ChromaStore(Generic[Handle]):
    """A ``VectorStore`` on any Chroma; safe to use from many threads."""

    def __init__(self, engine: ChromaEngine[Handle]) -> None:
        self._engine = engine
        self._handles: dict[str, Handle] = {}
        self._sound: set[str] = set()  # collections known to hold their sentinel
        self._making = threading.Lock()

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids, making the collection at the first call.

        An id that is there keeps its vector: ids name one version of a chunk. (Chroma's index loses sight
        of a neighbour now and then when a vector is put in the place of another.)
        """
        if not ids:
            return
        try:
            self._add(collection, list(ids), vectors)
        except CollectionGone:  # dropped since we last saw it: it is made anew
            self._forget(collection)
            self._add(collection, list(ids), vectors)

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine similarity, nearest first."""
        if limit < 1:
            return []
        flat = np.asarray(vector, dtype=np.float32).reshape(-1)
        found = self._reading(collection, lambda handle: self._engine.nearest(handle, flat, limit + 1)) or []
        return [(one, 1.0 - distance) for one, distance in found if one != SENTINEL][:limit]

    def ids(self, collection: str) -> set[str]:
        """Every id that was added and not removed."""
        return set(self._reading(collection, self._engine.ids) or ()) - {SENTINEL}

    def count(self, collection: str) -> int:
        """How many vectors a collection holds; the sentinel, if it is there, is one."""
        return self._reading(collection, self._engine.count) or 0

    def read(self, collection: str) -> tuple[list[str], Vectors]:
        """Every id of a collection, and the vectors in the same order."""
        ids, vectors = self._reading(collection, self._engine.read) or ([], np.zeros((0, 0)))
        own = [row for row, one in enumerate(ids) if one != SENTINEL]
        return [ids[row] for row in own], np.asarray(vectors, dtype=np.float32)[own]

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Take ids out; ids that are not there are passed over."""
        wanted = [one for one in ids if one != SENTINEL]
        for start in range(0, len(wanted), BATCH):
            self._reading(collection, partial(_delete, self._engine, wanted[start : start + BATCH]))

    def drop(self, collection: str) -> None:
        """Remove the collection and the folder it left on disk."""
        self._forget(collection)
        self._engine.drop(collection)

    def collections(self) -> set[str]:
        """The names of all collections."""
        return set(self._engine.names())

    def wake(self) -> None:
        """It is open."""

    def ping(self) -> None:
        """Raise ``Unavailable`` when Chroma cannot be reached."""
        self._engine.ping()

    def close(self) -> None:
        """Let go of files and connections; the store cannot be used after."""
        self._handles.clear()
        self._engine.close()

    def _add(self, collection: str, ids: list[str], vectors: Vectors) -> None:
        handle = self._made(collection, vectors.shape[1])
        for start in range(0, len(ids), BATCH):
            self._engine.add(handle, ids[start : start + BATCH], vectors[start : start + BATCH])

    def _made(self, collection: str, dimensions: int) -> Handle:
        """The collection's handle; one that is new, or was left bare by a crash, gets its sentinel."""
        handle = self._handles.get(collection)
        if handle is not None and collection in self._sound:
            return handle
        with self._making:
            handle = self._engine.make(collection)
            if self._engine.count(handle) == 0:
                self._engine.add(handle, [SENTINEL], np.eye(1, dimensions, dtype=np.float32))
            self._handles[collection] = handle
            self._sound.add(collection)
        return handle

    def _reading(self, collection: str, read: Callable[[Handle], Found]) -> Found | None:
        """What ``read`` finds, with a handle looked up anew where ours is stale; ``None`` without a collection."""
        handle = self._handles.get(collection)
        try:
            if handle is not None:
                return read(handle)
        except CollectionGone:
            self._forget(collection)
        try:
            handle = self._engine.find(collection)
            if handle is None:
                return None
            self._handles[collection] = handle
            return read(handle)
        except CollectionGone:
            return None

    def _forget(self, collection: str) -> None:
        self._handles.pop(collection, None)
        self._sound.discard(collection)


def _delete(engine: ChromaEngine[Handle], ids: list[str], handle: Handle) -> None:
    engine.delete(handle, ids)
