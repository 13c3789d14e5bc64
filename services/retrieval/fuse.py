"""One order out of two scores: how well the words fit, and how near the vectors are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

POOL = 50  # candidates that each side brings

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Rows of an index, best first, and their fused scores, falling; only comparable with one another."""

    rows: npt.NDArray[np.intp]
    scores: Values

    def __len__(self) -> int:
        return len(self.rows)


def fuse(
    lexical: npt.NDArray[np.floating], nearest: Mapping[int, float], weight: float, pool: int = POOL
) -> Ranking:
    """The best rows by words and the ``nearest`` rows (with their similarity, -1 to 1), in one order.

    ``lexical`` has the score of every row of the index: ``(rows,)``. Each side brings ``pool`` rows at most.

    Both scores are brought to mean 0 and deviation 1 over these candidates, then weighed ``1 - weight`` to
    ``weight``. A candidate that is not among the nearest counts as just behind them. Rows that no word fits and
    that are not near are no candidates. Equal scores keep the order of the rows.
    """
    rows = np.union1d(_best(lexical, pool), np.fromiter(nearest, dtype=np.intp, count=len(nearest)))
    by_words = np.asarray(lexical, dtype=np.float64)[rows]
    fused = by_words
    if nearest and weight > 0:
        behind = min(nearest.values())
        by_vectors = np.array([nearest.get(row, behind) for row in rows.tolist()])
        fused = (1 - weight) * _standardised(by_words) + weight * _standardised(by_vectors)
    order = np.argsort(-fused, kind="stable")
    return Ranking(rows[order], fused[order])


def _best(scores: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.intp]:
    """The rows of the highest scores over 0, in no order; of those that score as the last of them the first."""
    if len(scores) <= count:
        return np.flatnonzero(scores > 0)
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    if least <= 0:
        return np.flatnonzero(scores > 0)
    above = np.flatnonzero(scores > least)
    return np.concatenate([above, np.flatnonzero(scores == least)[: count - len(above)]])


def _standardised(values: Values) -> Values:
    centred = values - (values.mean() if len(values) else 0.0)
    spread = math.sqrt((centred * centred).mean()) if len(values) else 0.0
    # Sums of equal numbers are not exactly equal: a spread of rounding errors is none.
    if spread <= 1e-9 * max(1.0, float(np.abs(values).max(initial=0.0))):
        return np.zeros_like(values)
    standardised: Values = centred / spread
    return standardised
