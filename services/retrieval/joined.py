"""Rows of words put together, part by part: what is worked on at one time is a part, however large the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

_MOST = 255  # a word is counted up to this in one chunk
_AT_ONCE = 1 << 20  # postings

Numbers = npt.NDArray[np.integer]
Rows = npt.NDArray[np.intp]
Counts = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Part:
    """Some rows: those at ``places[ends[n] : ends[n + 1]]`` hold word ``words[n]``, rising, ``counts`` times each."""

    words: Rows
    ends: Rows
    places: Numbers
    counts: Counts

    def only(self, new_rows: Rows) -> Part:
        """The part with each row at its new place, and without those whose new place is -1; they stay in order."""
        if len(new_rows) and (new_rows >= 0).all():  # they only move, all together
            return replace(self, places=self.places.astype(np.uint32) + np.uint32(new_rows[0]))
        places = new_rows[self.places]
        kept = places >= 0
        ends = np.concatenate([[0], np.cumsum(kept)])[self.ends]
        return Part(self.words, ends, places[kept], self.counts[kept])


@dataclass(frozen=True)
class Whole:
    """All rows: those at ``places[ends[w] : ends[w + 1]]`` hold word ``w``, rising, ``counts`` times each."""

    ends: Rows
    places: Numbers
    counts: Counts

    def sums(self, rows: int, worth: Rows) -> npt.NDArray[np.float32]:
        """For each row, what its words are worth together: ``(rows,)``, of ``worth`` by word: ``(words,)``."""
        of_postings = np.repeat(worth.astype(np.uint16), np.diff(self.ends))
        summed = np.zeros(rows)
        for start in range(0, len(self.places), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            values = self.counts[some].astype(np.float64) * of_postings[some]
            summed += np.bincount(self.places[some], values, rows)
        return summed.astype(np.float32)


def counted(words: Rows, rows: Rows, first_row: int, count: int) -> Part:
    """The part of ``count`` rows from the first on that hold these words, given in pairs of a word and a row."""
    keys, counts = np.unique(words * count + (rows - first_row), return_counts=True)
    found, within = np.divmod(keys, max(count, 1))
    distinct, starts = np.unique(found, return_index=True)
    ends = np.append(starts, len(found))
    return Part(distinct, ends, within + first_row, np.minimum(counts, _MOST).astype(np.uint8))


def joined(parts: Sequence[Part], words: int, rows: int) -> Whole:
    """The parts in one, which lie in the order of their rows; of so many words, and rows."""
    sizes = np.zeros(words, dtype=np.intp)
    for part in parts:
        sizes[part.words] += np.diff(part.ends)
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    free = ends[:-1].copy()  # of each word, where its next rows go
    places = np.empty(ends[-1], dtype=np.uint16 if rows <= 2**16 else np.uint32)
    counts = np.empty(ends[-1], dtype=np.uint8)
    for part in parts:
        own = np.diff(part.ends)
        to = np.repeat(free[part.words] - part.ends[:-1], own)
        to += np.arange(len(to))
        places[to] = part.places
        counts[to] = part.counts
        free[part.words] += own
    return Whole(ends, places, counts)
