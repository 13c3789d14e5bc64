from __future__ import annotations

from functools import cache

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
@given(st.text(alphabet="abcç", max_size=8), st.lists(st.text(alphabet="abcç", min_size=1, max_size=8)))
@example("", ["a"])
@example("horario", ["horraio", "horario", "orario", "horarios"])
def test_edit_distances_are_those_of_the_textbook(word: str, others: list[str]) -> None:
    assert edit_distances(word, others).tolist() == [_reference(word, other) for other in others]


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
    near = Vocabulary(listed).near("abcd", edits)
    assert near == [(n, d) for n, word in enumerate(listed) if (d := _reference("abcd", word)) <= edits]
