"""Where the terms of a query stand, and what BM25 makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

K1, B = 1.2, 0.5

Rows = npt.NDArray[np.intp]
Scores = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Posting:
    """Some terms: that ``terms[n]`` stands in ``rows[n]`` as one of its words, ``counts[n]`` times.

    Of several words of a term each has its own entry: ``totals[n]`` is how often they stand in that row together.
    """

    terms: Rows
    rows: Rows
    counts: Scores
    totals: Scores

    def moved(self, first_row: int) -> Posting:
        """The same, where the first of its rows is ``first_row``."""
        return replace(self, rows=self.rows + first_row) if first_row else self

    def only(self, alive: Flags) -> Posting:
        """What of it is in rows that are ``alive``."""
        kept = alive[self.rows]
        return Posting(self.terms[kept], self.rows[kept], self.counts[kept], self.totals[kept])


@dataclass(frozen=True)
class Postings:
    """All of ``count`` terms, in parts small enough for the processor's cache; ``live`` rows could hold them."""

    parts: Sequence[Posting]
    count: int
    live: int

    @cached_property
    def holding(self) -> Values:
        """How many rows hold each term: ``(count,)``."""
        held = np.zeros(self.count)
        for part in self.parts:  # the words of a term in one row count as one together
            shares = np.divide(part.counts, part.totals, dtype=np.float64)
            held += np.bincount(part.terms, shares, self.count)
        return np.rint(held)

    @cached_property
    def idfs(self) -> Values:
        """Of each term, how rare it is: ``(count,)``."""
        idfs: Values = np.log(1 + (self.live - self.holding + 0.5) / (self.holding + 0.5))
        return idfs

    def scores(self, weights: Values, norms: Scores) -> Scores:
        """BM25 of every row, ``(rows,)``, from the weight of each term, ``(count,)``, and the norm of each row.

        With its total as t a term adds t / (t + norm): each of its words adds its part.
        """
        weighted = weights * self.idfs * (K1 + 1)
        summed = np.zeros(len(norms))
        for part in self.parts:
            values = weighted[part.terms] * part.counts / (part.totals + norms[part.rows])
            np.add.at(summed, part.rows, values)
        return summed.astype(np.float32)

    def held_by(self, rows: Rows, of: int) -> Flags:
        """Whether each term, each of a few ``rows`` of so many: ``(count, len(rows))``."""
        held = np.zeros((self.count, len(rows)), dtype=np.bool_)
        column = np.full(of, -1, dtype=np.int32)
        column[rows] = np.arange(len(rows))
        for part in self.parts:
            columns = column[part.rows]
            found = np.flatnonzero(columns >= 0)
            held[part.terms[found], columns[found]] = True
        return held


def length_norms(sizes: Scores, average: float) -> Scores:
    """BM25's ``k1 * (1 - b + b * length / average length)`` of every row: ``(rows,)``, as ``sizes``."""
    return (K1 * (1 - B + B * sizes / max(average, 1.0))).astype(np.float32)
