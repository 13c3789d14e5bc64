"""The order of an index's chunks for a question, and what each is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.retrieval.evidence import evidence_of
from services.retrieval.fuse import fuse
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.read_query import Query

EVIDENT = 3  # passages that are looked at for evidence; the first of the others is rarely it


@dataclass(frozen=True)
class Ranked:
    """Rows of an index, best first, their ``scores`` from 0 to 1, falling, and how sure an answer is among them."""

    rows: tuple[int, ...]
    scores: tuple[float, ...]
    evidence: float

    def reordered(self, better: Mapping[int, float]) -> Ranked:
        """The rows that have a ``better`` score first, by it; the others behind them, as they were."""
        first = sorted((row for row in self.rows if row in better), key=lambda row: -better[row])
        own = dict(zip(self.rows, self.scores, strict=True))
        others = [row for row in self.rows if row not in better]
        most = better[first[-1]] if first else 1.0
        scores = [*(better[row] for row in first), *(min(own[row], most) for row in others)]
        return replace(self, rows=(*first, *others), scores=tuple(scores))


def rank(index: LexicalIndex, query: Query, nearest: Mapping[int, float], weight: float) -> Ranked:
    """Rows by words and by vectors (``nearest`` rows and their similarity, of that ``weight``) in one order.

    A row scores what it is worth by its words, or by its weighted similarity if that is more.
    """
    hits = index.search(query.words)
    rows = fuse(hits.scores, nearest, weight).rows
    by_words = evidence_of(hits, rows, index.chunks)
    by_vectors = weight * np.array([nearest.get(row, 0.0) for row in rows.tolist()])
    own = np.clip(np.maximum(by_words, by_vectors), 0.0, 1.0)
    scores = np.maximum.accumulate(own[::-1])[::-1]
    return Ranked(tuple(rows.tolist()), tuple(scores.tolist()), float(by_words[:EVIDENT].max(initial=0.0)))
