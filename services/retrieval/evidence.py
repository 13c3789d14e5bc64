"""Whether passages are evidence for an answer, from the words of the question that they hold."""

from __future__ import annotations

import math

import numpy as np

from services.retrieval.lexical_index import LexicalHits
from services.retrieval.postings import Rows, Values

# A logistic regression over questions asked of the documents that answer them, and of others; see
# docs/adr/0011-evidence.md, and `bench/retrieval.py`, which prints how well it separates the two.
COVERED, STRENGTH, OFFSET = 6.0, 0.4, -5.2
ENOUGH = 0.3  # 95 of 100 answerable questions are above it
BY_NGRAMS = 0.5  # what a word counts at most that a passage holds only in part


def evidence_of(hits: LexicalHits, rows: Rows, chunks: int) -> Values:
    """How sure it is, from 0 to 1, that each of some rows of an index of so many ``chunks`` answers the question.

    It counts how many of the question's words a row holds, and how rare those are.
    """
    if not hits.words:
        return np.zeros(len(rows))
    rarest = math.log(1 + (chunks + 0.5) / 0.5)
    values = COVERED * coverage(hits, rows) + STRENGTH * hits.scores[rows] / rarest + OFFSET
    evidence: Values = 1 / (1 + np.exp(-values))
    return evidence


def coverage(hits: LexicalHits, rows: Rows) -> Values:
    """The share, from 0 to 1, of the question's words that each row holds: in some form, or in part."""
    weights = np.array([word.weight for word in hits.words])
    whole = hits.in_words.held_by(rows, len(hits.scores)) * np.array(hits.certainties)[:, None]
    held = np.where(whole > 0, whole, BY_NGRAMS * _parts(hits, rows))
    total = float(weights.sum())
    shares: Values = weights @ held / (total or 1.0)
    return shares


def _parts(hits: LexicalHits, rows: Rows) -> Values:
    """The share of each word's n-grams, by rarity, that each row holds."""
    idfs, held = hits.in_grams.idfs, hits.in_grams.held_by(rows, len(hits.scores))
    parts = np.zeros((len(hits.words), len(rows)))
    np.add.at(parts, hits.owners, idfs[:, None] * held)
    totals = np.bincount(hits.owners, idfs, len(hits.words))
    return parts / np.where(totals > 0, totals, 1.0)[:, None]
