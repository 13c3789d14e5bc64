"""Small collections searched in memory, in front of a store that keeps them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from integrations.vectorstores.base import Vectors, VectorStore

MOST = 5_000  # vectors of a collection; a larger one is left to the store
ROOM = 64 << 20  # bytes of all that are remembered


class ReadableStore(VectorStore, Protocol):
    """A store whose collections can be read whole."""

    def count(self, collection: str) -> int:
        """How many vectors a collection holds, within a few."""
        ...

    def read(self, collection: str) -> tuple[list[str], Vectors]:
        """Every id of a collection and its vector, ``(n, dimensions)``."""
        ...


@dataclass(frozen=True)
class _Remembered:
    """A whole collection: ``units`` are its vectors, brought to length 1."""

    ids: tuple[str, ...]
    units: Vectors

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.ids)

    @property
    def size(self) -> int:
        return self.units.nbytes + 300 * len(self.ids)

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        similarities = self.units @ _unit(vector[None, :])[0]
        best = np.argpartition(-similarities, min(limit, len(self.ids)) - 1)[:limit]
        best = best[np.argsort(-similarities[best], kind="stable")]
        return [(self.ids[row], float(similarities[row])) for row in best.tolist()]

    def with_more(self, ids: Sequence[str], vectors: Vectors) -> _Remembered:
        new = [row for row, one in enumerate(ids) if one not in self.known]
        units = _unit(np.asarray(vectors, dtype=np.float32)[new])
        return _Remembered((*self.ids, *(ids[row] for row in new)), np.concatenate([self.units, units]))

    def without(self, ids: Sequence[str]) -> _Remembered:
        gone = frozenset(ids)
        kept = [row for row, one in enumerate(self.ids) if one not in gone]
        return _Remembered(tuple(self.ids[row] for row in kept), self.units[kept])


class RememberedVectors:
    """A ``VectorStore`` over one that no other process writes to.

    A question to Chroma costs a millisecond of both processors whatever the collection's size, and finds
    nearly the nearest; a few thousand vectors are compared, each and every one, in a tenth of that. So a
    collection of up to ``most`` vectors is read once, and then kept up to date; ``room`` bounds the memory.
    """

    def __init__(self, store: ReadableStore, *, most: int = MOST, room: int = ROOM) -> None:
        self._store = store
        self._most = most
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Remembered] = OrderedDict()
        self._changes = 0  # of any collection: what was read while one was made is not kept

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine similarity, nearest first."""
        flat = np.asarray(vector, dtype=np.float32).reshape(-1)
        kept = self._remembered(collection)
        if kept is None or (kept.ids and kept.units.shape[1] != len(flat)):
            return self._store.query(collection, flat, limit)
        return kept.nearest(flat, limit) if kept.ids and limit > 0 else []

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        ...

    def _remembered(self, collection: str) -> _Remembered | None:
        """The collection, read if it has to be; ``None`` when it is too large."""
        ...


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Vectors = vectors / np.where(lengths == 0, 1, lengths)
    return units
