"""Whether passages are evidence for an answer, from the words of the question that they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.retrieval.lexical_index import LexicalHits, TermHits, WordHits

# A logistic regression over questions asked of their own document, of their own and other documents, and of
# others only; see docs/adr/0004-retrieval.md and `bench/retrieval.py`, which prints how well it separates them.
COVERED, STRENGTH, OFFSET = 6.0, 0.4, -5.2
ENOUGH = 0.3  # 95 of 100 answerable questions are above it
BY_NGRAMS = 0.5  # what a word counts at most that a passage holds only in other forms
BEST = 3  # passages that are looked at; the first of the others is rarely the evidence


@dataclass(frozen=True)
class Weighed:
    """How sure it is, from 0 to 1, that one of some passages holds an answer."""

    evidence: float

    @property
    def enough(self) -> bool:
        """Whether an answer may be built on it."""
        return self.evidence >= ENOUGH


def weigh(hits: LexicalHits, rows: Sequence[int], chunks: int) -> Weighed:
    """The evidence of the best of the first ``rows``, which are best first, in an index of so many ``chunks``.

    It counts how many of the question's words a passage holds, and how rare those are.
    """
    rarest = math.log(1 + (chunks + 0.5) / 0.5)
    values = [
        COVERED * coverage(hits.words, row) + STRENGTH * float(hits.scores[row]) / rarest + OFFSET
        for row in rows[:BEST]
        if hits.words
    ]
    return Weighed(1 / (1 + math.exp(-max(values))) if values else 0.0)


def coverage(words: Sequence[WordHits], row: int) -> float:
    """The share, from 0 to 1, of the question's words that a row holds: in some form, or in part."""
    total = sum(word.word.weight for word in words)
    return sum(word.word.weight * _held(word, row) for word in words) / total if total else 0.0


def _held(word: WordHits, row: int) -> float:
    if _holds(word.term, row):
        return word.certainty
    total = sum(gram.idf for gram in word.grams)
    if not total:
        return 0.0
    return BY_NGRAMS * sum(gram.idf for gram in word.grams if _holds(gram, row)) / total


def _holds(term: TermHits, row: int) -> bool:
    at = int(np.searchsorted(term.rows, row))
    return at < len(term.rows) and int(term.rows[at]) == row
