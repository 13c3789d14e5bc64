"""Small collections searched in memory, in front of a store that keeps them."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from integrations.vectorstores.base import Vectors, VectorStore
from integrations.vectorstores.collection_files import CollectionFiles
from integrations.vectorstores.wrapped import WrappedStore

MOST = 5_000  # vectors of a collection; a larger one is left to the store
ROOM = 96 << 20  # bytes of all that are remembered
BYTES_AN_ID = 300
IDLE_S = 60.0  # what was asked for since then is not let go of for another collection
AGAIN_S = 30.0  # until a collection that did not fit is tried again

Nearest = list[tuple[str, float]]


class ReadableStore(VectorStore, Protocol):
    """A store whose collections can be read whole."""

    def count(self, collection: str) -> int:
        """How many vectors a collection holds, within a few."""
        ...

    def read(self, collection: str) -> tuple[list[str], Vectors]:
        """Every id of a collection, and the vectors in the same order, ``(n, dimensions)``."""
        ...


@dataclass(frozen=True)
class _Collection:
    """A whole collection at one moment: ``units`` are its vectors, brought to length 1."""

    ids: tuple[str, ...]
    units: Vectors

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.ids)

    @property
    def size(self) -> int:
        return self.units.nbytes + BYTES_AN_ID * len(self.ids)

    def nearest(self, vector: Vectors, limit: int) -> Nearest:
        if not self.ids or limit < 1:
            return []
        similarities = self.units @ _units(vector[None, :])[0]
        best = np.argpartition(-similarities, min(limit, len(self.ids)) - 1)[:limit]
        best = best[np.argsort(-similarities[best], kind="stable")]
        return [(self.ids[row], float(similarities[row])) for row in best.tolist()]

    def with_more(self, ids: Sequence[str], vectors: Vectors) -> _Collection:
        new = [row for row, one in enumerate(ids) if one not in self.known]
        added = _units(np.asarray(vectors, dtype=np.float32)[new])
        units = np.concatenate([self.units, added]) if self.ids else added
        return _Collection((*self.ids, *(ids[row] for row in new)), units)

    def without(self, ids: Sequence[str]) -> _Collection:
        gone = frozenset(ids)
        kept = [row for row, one in enumerate(self.ids) if one not in gone]
        return _Collection(tuple(self.ids[row] for row in kept), self.units[kept])


class RememberedVectors(WrappedStore[ReadableStore]):
    """A ``VectorStore`` over another one that nobody else writes to.

    A question to Chroma costs a millisecond however small the collection is, and finds nearly the nearest;
    comparing with every one of a thousand vectors takes a tenth of that. So a collection of up to ``most``
    vectors is read when it is first asked, and kept up to date. ``room`` bounds the memory: a collection that
    finds none, because all others are in use, is left to the store.

    What was read is also kept in ``files``, until the collection next changes: the first question after a start, and
    one for which there was no room, is answered from there.
    """

    def __init__(
        self,
        store: ReadableStore,
        files: CollectionFiles | None = None,
        *,
        most: int = MOST,
        room: int = ROOM,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(store)
        self._files = files
        self._most = most
        self._room = room
        self._clock = clock
        self._lock = threading.Lock()
        self._reading = threading.Lock()  # one collection at a time: the others' readers wait for it
        self._kept: OrderedDict[str, _Collection] = OrderedDict()
        self._used_at: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._changes: Counter[str] = Counter()
        self._changing: Counter[str] = Counter()
        self._filing = threading.Lock()

    def query(self, collection: str, vector: Vectors, limit: int) -> Nearest:
        """At most ``limit`` pairs of id and cosine similarity, nearest first."""
        flat = np.asarray(vector, dtype=np.float32).reshape(-1)
        kept = self._find(collection) or self._read(collection)
        if kept is None or (kept.ids and kept.units.shape[1] != len(flat)):
            return self._store.query(collection, flat, limit)
        return kept.nearest(flat, limit)

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        with self._changed(collection, lambda kept: kept.with_more(ids, vectors)):
            self._store.add(collection, ids, vectors)

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Take ids out; ids that are not there are passed over."""
        with self._changed(collection, lambda kept: kept.without(ids)):
            self._store.remove(collection, ids)

    def drop(self, collection: str) -> None:
        """Remove the collection and whatever it left on disk."""
        with self._changed(collection, None):
            self._store.drop(collection)

    def close(self) -> None:
        """Let go of what it and the store hold."""
        with self._lock:
            self._kept.clear()
        super().close()

    def _find(self, collection: str) -> _Collection | None:
        with self._lock:
            kept = self._kept.get(collection)
            if kept is not None:
                self._kept.move_to_end(collection)
                self._used_at[collection] = self._clock()
            return kept

    def _read(self, collection: str) -> _Collection | None:
        """The collection, from the store; ``None`` where it is too large, or there is no room for it."""
        if self._not_before.get(collection, 0.0) > self._clock():  # so it waits for nobody else's reading
            return None
        with self._reading:
            if kept := self._find(collection):  # another thread has read it meanwhile
                return kept
            if self._not_before.get(collection, 0.0) > self._clock():
                return None
            before = self._changes[collection]
            read = self._copied(collection) or self._fetched(collection, before)
            if read is None:
                return None
            with self._lock:
                if self._changes[collection] == before:  # else it may lack what was added meanwhile
                    self._keep(collection, read)
            return read

    def _copied(self, collection: str) -> _Collection | None:
        """The collection as its copy on disk has it."""
        copy = self._files.read(collection) if self._files is not None else None
        return None if copy is None else _Collection(tuple(copy[0]), copy[1])

    def _fetched(self, collection: str, before: int) -> _Collection | None:
        """The collection as the store has it, copied if nobody changes it; ``None`` where it is too large."""
        if self._store.count(collection) > self._most:
            self._not_before[collection] = self._clock() + AGAIN_S
            return None
        ids, vectors = self._store.read(collection)
        read = _Collection(tuple(ids), _units(np.asarray(vectors, dtype=np.float32)))
        if self._files is not None and ids:
            with self._filing:  # whoever changes it waits here, and then forgets the copy
                if self._changes[collection] == before and not self._changing[collection]:
                    self._files.write(collection, ids, read.units)
        return read

    def _keep(self, collection: str, read: _Collection) -> None:
        if self._has_room(read.size):
            self._put(collection, read)
            self._used_at[collection] = self._clock()
        elif self._files is None:
            self._not_before[collection] = self._clock() + AGAIN_S

    def _has_room(self, size: int) -> bool:
        """Make room by letting go of what nobody asks for; whether that was enough."""
        while self._kept and self._room < size:
            oldest = next(iter(self._kept))
            if self._used_at[oldest] > self._clock() - IDLE_S:
                return False
            self._put(oldest, None)
        return self._room >= size

    def _put(self, collection: str, what: _Collection | None) -> None:
        """Keep what a collection is now, or nothing of it."""
        before = self._kept.pop(collection, None)
        self._room += before.size if before is not None else 0
        if what is not None:
            self._kept[collection] = what
            self._room -= what.size
        while self._room < 0:
            name, oldest = self._kept.popitem(last=False)
            self._room += oldest.size
            del self._used_at[name]
        if what is None:
            self._used_at.pop(collection, None)

    @contextmanager
    def _changed(
        self, collection: str, change: Callable[[_Collection], _Collection] | None
    ) -> Iterator[None]:
        """Change what is kept after the store was changed; forget it where that failed, or without a ``change``."""
        done = False
        with self._lock:
            self._changing[collection] += 1
        try:
            if self._files is not None:
                with self._filing:
                    self._files.forget(collection)
            yield
            done = True
        finally:
            with self._lock:
                self._changing[collection] -= 1
                self._changing += Counter()  # drops those that are at nothing
                self._changes[collection] += 1
                kept = self._kept.get(collection)
                changed = change(kept) if done and change and kept is not None else None
                fits = changed is not None and len(changed.ids) <= self._most
                self._put(collection, changed if fits else None)


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Vectors = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return units
