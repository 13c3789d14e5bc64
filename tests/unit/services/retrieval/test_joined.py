from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.retrieval.joined import Part, counted, joined
from services.retrieval.segment import Segment, build_segment, merge_segments
from tests.servers.remembered_knowledge import document

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(pairs, st.integers(1, 7))
def test_parts_joined_are_what_counting_one_by_one_gives(held: list[tuple[int, int]], cut: int) -> None:
    parts = []
    for first, end in ((0, cut), (cut, 8)):
        some = [(word, row) for word, row in held if first <= row < end]
        words, rows = (np.array([one[n] for one in some], dtype=np.intp) for n in (0, 1))
        parts.append(counted(words, rows, first, end - first))
    whole = joined(parts, 6, 8)
    expected = sorted(Counter(held).items())
    assert np.repeat(np.arange(6), np.diff(whole.ends)).tolist() == [word for (word, _), _ in expected]
    assert whole.places.tolist() == [row for (_, row), _ in expected]
    assert whole.counts.tolist() == [count for _, count in expected]
    worth = np.arange(6) + 1
    plain = [sum(int(worth[word]) for word, at in held if at == row) for row in range(8)]
    assert whole.sums(8, worth).tolist() == plain


def test_rows_that_are_gone_leave_a_part_and_the_others_move_up() -> None:
    part = Part(
        np.array([2, 4]), np.array([0, 2, 3]), np.array([0, 2, 1]), np.array([1, 9, 5], dtype=np.uint8)
    )
    left = part.only(np.array([-1, 7, 8]))
    assert (left.ends.tolist(), left.places.tolist(), left.counts.tolist()) == ([0, 1, 2], [8, 7], [9, 5])
    moved = part.only(np.array([3, 4, 5]))
    assert (moved.ends.tolist(), moved.places.tolist()) == ([0, 2, 3], [3, 5, 4])


def test_a_segment_made_in_parts_is_the_one_made_of_smaller_ones() -> None:
    """More rows than are looked at together, with words that a chunk has more often than is counted."""
    texts = [
        " ".join([f"palavra{n % 700}", "comum", f"w{n % 13}"] + ["sempre"] * (n % 300)) for n in range(200)
    ]
    texts += [f"palavra{n % 700} w{n}" for n in range(200, 4_300)]
    parts = [document(f"d{n}", texts[n : n + 430]) for n in range(0, len(texts), 430)]
    once = build_segment([held for held, _ in parts], (chunk for _, its in parts for chunk in its))
    each = [build_segment([held], its) for held, its in parts]
    merged = merge_segments(each, {(held.id, 1) for held, _ in parts})
    assert _plain(merged) == _plain(once)
    gone = merge_segments([once], {("d430", 1), ("d1290", 1)})
    assert _plain(gone) == _plain(merge_segments([each[1], each[3]], {("d430", 1), ("d1290", 1)}))


def _plain(segment: Segment) -> dict[str, object]:
    arrays = {one.name: getattr(segment, one.name) for one in fields(segment)}
    words = segment.vocabulary.words()
    documents = [replace(one) for one in segment.documents]
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else None for name, value in arrays.items()
    } | {"vocabulary": words, "documents": documents}
