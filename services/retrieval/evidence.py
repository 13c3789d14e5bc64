"""Whether passages are evidence for an answer, from the words of the question that they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.retrieval.lexical_index import LexicalHits, Rows, TermHits, WordHits

Shares = npt.NDArray[np.float64]

# A logistic regression over questions asked of the documents that answer them, and of others; see
# docs/adr/0004-retrieval.md, and `bench/retrieval.py`, which prints how well it separates the two.
COVERED, STRENGTH, OFFSET = 6.0, 0.4, -5.2
ENOUGH = 0.3  # 95 of 100 answerable questions are above it
BY_NGRAMS = 0.5  # what a word counts at most that a passage holds only in part


def evidence_of(hits: LexicalHits, rows: Rows, chunks: int) -> Shares:
    """How sure it is, from 0 to 1, that each of some rows of an index of so many ``chunks`` answers the question.

    It counts how many of the question's words a row holds, and how rare those are.
    """
    if not hits.words:
        return np.zeros(len(rows))
    rarest = math.log(1 + (chunks + 0.5) / 0.5)
    values = COVERED * coverage(hits.words, rows) + STRENGTH * hits.scores[rows] / rarest + OFFSET
    evidence: Shares = 1 / (1 + np.exp(-values))
    return evidence


def coverage(words: Sequence[WordHits], rows: Rows) -> Shares:
    """The share, from 0 to 1, of the question's words that each row holds: in some form, or in part."""
    held = sum((word.word.weight * _held(word, rows) for word in words), np.zeros(len(rows)))
    total = sum(word.word.weight for word in words)
    shares: Shares = held / total if total else held
    return shares


def _held(word: WordHits, rows: Rows) -> Shares:
    whole = word.certainty * _holding(word.term, rows)
    total = sum(gram.idf for gram in word.grams)
    if not total:
        return whole
    part = sum((gram.idf * _holding(gram, rows) for gram in word.grams), np.zeros(len(rows))) / total
    held: Shares = np.where(whole > 0, whole, BY_NGRAMS * part)
    return held


def _holding(term: TermHits, rows: Rows) -> Shares:
    """1.0 for each of ``rows`` that holds the term, else 0.0."""
    if not len(term.rows):
        return np.zeros(len(rows))
    at = np.minimum(np.searchsorted(term.rows, rows), len(term.rows) - 1)
    found: Shares = (term.rows[at] == rows).astype(np.float64)
    return found
