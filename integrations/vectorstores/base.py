"""The seam to whatever finds the nearest vectors; it holds ids and vectors, never text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class VectorStore(Protocol):
    """One collection per name; what a collection does not exist for is empty, never an error.

    ``vectors`` are ``(len(ids), dimensions)`` arrays of float32, one length a collection, and a ``vector`` one row of
    them. Whatever asks it raises ``Unavailable`` when it cannot be reached.
    """

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids (again is the same), making the collection at the first call."""
        ...

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine similarity (-1 to 1), nearest first."""
        ...

    def ids(self, collection: str) -> set[str]:
        """Every id in the collection."""
        ...

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Take ids out; ids that are not there are passed over."""
        ...

    def drop(self, collection: str) -> None:
        """Remove the collection and whatever it left on disk."""
        ...

    def collections(self) -> set[str]:
        """The names of all collections."""
        ...

    def wake(self) -> None:
        """Get ready for what is about to be written; it is not waited for."""
        ...

    def ping(self) -> None:
        """Raise ``Unavailable`` when the store cannot be reached."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...
