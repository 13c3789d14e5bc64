from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.fuse import fuse

scores = st.lists(st.floats(0, 50), max_size=30).map(np.array)
similarities = st.dictionaries(st.integers(0, 29), st.floats(-1, 1), max_size=10)


@given(scores, similarities, st.floats(0, 1))
def test_each_candidate_comes_once_and_scores_fall(
    lexical: np.ndarray, nearest: dict[int, float], weight: float
) -> None:
    near = {row: similarity for row, similarity in nearest.items() if row < len(lexical)}
    ranking = fuse(lexical, near, weight)
    assert set(ranking.rows.tolist()) == set(np.flatnonzero(lexical > 0).tolist()) | set(near)
    assert len(set(ranking.rows.tolist())) == len(ranking)
    assert (np.diff(ranking.scores) <= 0).all()
    assert np.isfinite(ranking.scores).all()


@given(scores)
def test_without_vectors_the_words_decide(lexical: np.ndarray) -> None:
    for ranking in (fuse(lexical, {}, 0.5), fuse(lexical, {0: 0.9} if len(lexical) else {}, 0.0)):
        kept = [row for row in ranking.rows.tolist() if lexical[row] > 0]
        assert lexical[kept].tolist() == sorted(lexical[lexical > 0].tolist(), reverse=True)


@given(scores.filter(len), st.floats(0.01, 1))
def test_the_scale_of_either_side_does_not_matter(lexical: np.ndarray, weight: float) -> None:
    lexical = np.round(lexical) + 1
    near = {row: (row * 7 % 10) / 10 for row in range(0, len(lexical), 2)}
    once = fuse(lexical, near, weight)
    again = fuse(lexical * 8, {row: similarity / 4 for row, similarity in near.items()}, weight)
    assert once.scores.tolist() == pytest.approx(again.scores.tolist(), abs=1e-6)


def test_a_row_that_is_better_on_both_sides_is_never_behind() -> None:
    lexical, near = np.array([3.0, 5.0, 1.0, 4.0]), {0: 0.2, 1: 0.9, 2: 0.1, 3: 0.5}
    for weight in (0.0, 0.1, 0.5, 1.0):
        assert fuse(lexical, near, weight).rows.tolist() == [1, 3, 0, 2]


def test_weights_decide_between_words_and_vectors() -> None:
    lexical, near = np.array([9.0, 1.0, 1.0]), {1: 0.9, 2: 0.1}
    assert fuse(lexical, near, 0.1).rows[0] == 0
    assert fuse(lexical, near, 0.9).rows[0] == 1


def test_a_row_found_by_vectors_alone_is_a_candidate_and_one_found_by_nothing_is_not() -> None:
    assert fuse(np.array([2.0, 0.0, 0.0]), {1: 0.5}, 0.3).rows.tolist() == [0, 1]
    assert len(fuse(np.zeros(3), {}, 0.3)) == 0


def test_equal_scores_keep_the_order_of_the_rows_and_each_side_brings_only_so_many() -> None:
    assert fuse(np.ones(5), dict.fromkeys(range(5), 0.5), 0.5).rows.tolist() == [0, 1, 2, 3, 4]
    assert fuse(np.arange(100.0), {}, 0.5, pool=3).rows.tolist() == [99, 98, 97]
