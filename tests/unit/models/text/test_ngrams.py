from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.text.ngrams import ngram_codes
from tests.made import ngrams


@pytest.mark.parametrize(
    ("word", "size", "runs"),
    [("casa", 4, ["_cas", "casa", "asa_"]), ("de", 4, ["_de_"]), ("a", 5, ["_a___"])],
)
def test_edges_are_marked_and_short_words_filled(word: str, size: int, runs: list[str]) -> None:
    codes, _ = ngram_codes([word], size)
    assert ["".join(map(chr, row)) for row in codes] == runs


@given(st.lists(st.text()), st.integers(1, 6))
@example([], 4)
@example(["", "\ud83d", "a😀"], 3)
def test_many_words_at_once_give_the_same_as_one_by_one(words: list[str], size: int) -> None:
    codes, owners = ngram_codes(words, size)
    found = [("".join(map(chr, row)), int(owner)) for row, owner in zip(codes, owners, strict=True)]
    assert found == [(gram, at) for at, word in enumerate(words) for gram in ngrams(word, size)]
