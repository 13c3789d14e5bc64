from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.llm.sse import event_data

STREAM = 'data: {"a": "é\u2028"}\r\n\r\n: comment\n\nevent: x\ndata:one\ndata: two\n\ndata: last'.encode()
EVENTS = ['{"a": "é\u2028"}'.encode(), b"one\ntwo", b"last"]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_are_the_same_for_every_cut_of_the_bytes(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[left:right] for left, right in itertools.pairwise(edges)]
    assert list(event_data(chunks)) == EVENTS


def test_nothing_gives_nothing() -> None:
    assert list(event_data([])) == []
    assert list(event_data([b"\n\n", b"id: 5\n\n"])) == []
