"""Vectors in memory, for tests of what works with them."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.vectorstores.base import Vectors


class VectorsInMemory:
    """A ``VectorStore`` that compares with every vector it holds."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Vectors]] = {}

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        self.held.setdefault(collection, {}).update(zip(ids, vectors, strict=True))

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        pairs = [(one, float(other @ vector)) for one, other in self.held.get(collection, {}).items()]
        return sorted(pairs, key=lambda pair: -pair[1])[:limit]

    def ids(self, collection: str) -> set[str]:
        return set(self.held.get(collection, {}))

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        for one in ids:
            self.held.get(collection, {}).pop(one, None)

    def drop(self, collection: str) -> None:
        self.held.pop(collection, None)

    def collections(self) -> set[str]:
        return set(self.held)

    def wake(self) -> None:
        """Nothing sleeps."""

    def ping(self) -> None:
        """It can be reached."""

    def close(self) -> None:
        """There is nothing to let go of."""
