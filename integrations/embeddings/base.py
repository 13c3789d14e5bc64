"""The seam to whatever turns texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors; safe to use from many threads.

    ``name`` changes whenever the vectors of the same text would: a collection is made for one name.
    ``dimensions`` is 0 while a server has not said yet how long its vectors are. ``weight`` (0 to 1) is the
    share that its scores deserve beside the lexical ones. Both calls raise a ``ModelError`` when there are no
    vectors to be had.
    """

    @property
    def name(self) -> str:
        """Which vectors these are."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        ...

    @property
    def weight(self) -> float:
        """From 0 to 1."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A ``(len(texts), dimensions)`` array of float32, each row of length 1 (or all zero)."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The ``(dimensions,)`` vector of a question, of length 1 (or all zero), while somebody waits.

        Within seconds or not at all.
        """
        ...
