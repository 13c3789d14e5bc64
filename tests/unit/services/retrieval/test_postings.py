from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.postings import K1, B, Postings, length_norms
from services.retrieval.segment import Segment, build_segment
from tests.servers.remembered_knowledge import document

ROWS, TERMS = 1_500, 150  # more cells than are looked at together
WORDS = [f"w{number}" for number in range(400)]
PAIRS = [(term, (31 * term + 7 * n) % len(WORDS)) for term in range(TERMS) for n in range(1 + term % 3)]


def _segment() -> tuple[Segment, list[list[str]]]:
    """1,500 rows of words of which the first are the most frequent, some of them several times."""
    draw = np.random.default_rng(5)
    texts = [[WORDS[n] for n in (400 * draw.random(12) ** 3).astype(int)] for _ in range(ROWS)]
    held, chunks = document("d", [" ".join(one) for one in texts], title="", filename="")
    return build_segment([held], chunks), texts


SEGMENT, TEXTS = _segment()


def _postings(parts: Sequence[Segment]) -> Postings:
    found, first = [], 0
    for segment in parts:
        words = np.array([segment.vocabulary.find(WORDS[word]) for _, word in PAIRS])
        terms = np.array([term for term, _ in PAIRS])
        there = words >= 0
        found += [one.moved(first) for one in segment.postings(terms[there], words[there], TERMS)]
        first += segment.rows
    return Postings(found, TERMS, first)


def _plain_totals(texts: Sequence[Sequence[str]]) -> np.ndarray:
    """How often each term stands in each row, counted one by one: ``(terms, rows)``."""
    totals = np.zeros((TERMS, len(texts)))
    for row, text in enumerate(texts):
        for term, word in PAIRS:
            totals[term, row] += text.count(WORDS[word])
    return totals


TOTALS = _plain_totals(TEXTS)


def test_fast_scores_are_those_of_a_plain_count_of_words() -> None:
    postings = _postings([SEGMENT])
    lengths = TOTALS.sum(axis=0)
    norms = length_norms(lengths.astype(np.float32), float(lengths.mean()))
    weights = np.linspace(0.2, 1.0, TERMS)
    plain = np.zeros(ROWS)
    for row in range(ROWS):
        norm = K1 * (1 - B + B * lengths[row] / lengths.mean())
        for term in np.flatnonzero(TOTALS[:, row]):
            holding, total = np.count_nonzero(TOTALS[term]), TOTALS[term, row]
            idf = math.log(1 + (ROWS - holding + 0.5) / (holding + 0.5))
            plain[row] += weights[term] * idf * total * (K1 + 1) / (total + norm)
    assert len(postings.parts) > 1
    assert postings.holding.tolist() == np.count_nonzero(TOTALS, axis=1).tolist()
    assert postings.scores(weights, norms) == pytest.approx(plain, rel=1e-5)


def test_rows_say_which_terms_they_hold_whatever_order_they_are_asked_in() -> None:
    rows = np.array([1_499, 0, 700, 3])
    assert np.array_equal(_postings([SEGMENT]).held_by(rows, ROWS), TOTALS[:, rows] > 0)


def test_several_segments_count_as_one_and_dead_rows_as_none() -> None:
    halves = [document(name, [" ".join(one) for one in TEXTS[a:b]], title="", filename="") for name, a, b in
              (("a", 0, 400), ("b", 400, 600))]  # fmt: skip
    parts = [build_segment([held], chunks) for held, chunks in halves]
    both = _postings(parts)
    assert both.holding.tolist() == np.count_nonzero(TOTALS[:, :600], axis=1).tolist()
    alive = np.arange(600) % 3 > 0
    left = Postings([one.only(alive) for one in both.parts], TERMS, int(alive.sum()))
    assert left.holding.tolist() == np.count_nonzero(TOTALS[:, :600][:, alive], axis=1).tolist()
    index = LexicalIndex(1, {held.id: held for held, _ in halves[1:]}, parts)
    assert index.chunks == 200
