from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.retrieval.vocabulary import Vocabulary, edit_distances

some_words = st.lists(st.text(min_size=1, max_size=8), unique=True).map(sorted)


def _reference(one: str, other: str) -> int:
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        best = min(
            distance(i - 1, j) + 1,
            distance(i, j - 1) + 1,
            distance(i - 1, j - 1) + (one[i - 1] != other[j - 1]),
        )
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            best = min(best, distance(i - 2, j - 2) + 1)
        return best

    return distance(len(one), len(other))


@settings(deadline=None)
@given(
    st.text(alphabet="abcç", max_size=8),
    st.lists(st.text(alphabet="abcç", min_size=1, max_size=8)),
    st.integers(1, 9),
)
@example("", ["a"], 1)
@example("horario", ["horraio", "horario", "orario", "horarios"], 2)
def test_edit_distances_are_those_of_the_textbook_as_far_as_asked(
    word: str, others: list[str], most: int
) -> None:
    codes = np.zeros((max(map(len, others), default=0), len(others)), dtype=np.uint32)
    for column, other in enumerate(others):
        codes[: len(other), column] = [ord(character) for character in other]
    found = edit_distances(word, codes, most).tolist()
    assert [min(one, most + 1) for one in found] == [min(_reference(word, one), most + 1) for one in others]


@settings(deadline=None)
@given(some_words, st.text(max_size=3))
@example(["a", "ab", "abc", "b"], "ab")
@example(["\ud800", "\uffff", "😀"], "\uffff")
def test_words_are_found_by_themselves_and_by_their_beginning(listed: list[str], beginning: str) -> None:
    listed = sorted(listed, key=lambda word: word.encode("utf-8", "surrogatepass"))
    vocabulary = Vocabulary(listed)
    assert vocabulary.words() == listed
    assert [vocabulary.find(word) for word in listed] == list(range(len(listed)))
    started = [listed[n] for n in vocabulary.starting_with(beginning)]
    assert started == [word for word in listed if word.startswith(beginning)]
    if beginning not in listed:
        assert vocabulary.find(beginning) == -1


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet="abcdé1", min_size=1, max_size=7), unique=True).map(sorted), st.integers(1, 2)
)
def test_near_words_are_all_those_within_the_edits(listed: list[str], edits: int) -> None:
    for asked in ("abcd", "éba1b"):
        expected = [(n, d) for n, word in enumerate(listed) if (d := _reference(asked, word)) <= edits]
        assert Vocabulary(listed).near(asked, edits) == expected
