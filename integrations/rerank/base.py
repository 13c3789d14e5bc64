"""The seam to whatever reads a question beside each passage and says how well it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Scores passages for a question; safe to use from many threads."""

    def scores(self, query: str, texts: Sequence[str], timeout_s: float) -> list[float]:
        """A score from 0 to 1 for each text, higher is better, within ``timeout_s`` in all.

        A ``ModelError`` when there are none to be had, or not in time.
        """
        ...
