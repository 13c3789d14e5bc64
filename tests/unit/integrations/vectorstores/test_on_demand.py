"""A store that takes a process: none runs until something is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from integrations.vectorstores.on_demand import OnDemand
from kit.errors import Unavailable

VECTOR = np.ones(2, dtype=np.float32)


class Opened:
    """A store that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.asked.append(name)


def opening() -> tuple[list[Opened], Any]:
    opened: list[Opened] = []

    def open_store() -> Opened:
        opened.append(Opened())
        return opened[-1]

    return opened, open_store


def test_where_nothing_was_written_everything_is_empty_and_no_process_runs() -> None:
    opened, open_store = opening()
    store = OnDemand(open_store, holds=False)
    ids, vectors = store.read("one")
    assert (store.query("one", VECTOR, 3), store.ids("one"), store.count("one"), ids) == ([], set(), 0, [])
    assert store.collections() == set()
    assert len(vectors) == 0
    store.remove("one", ["a"])
    store.drop("one")
    store.ping()
    store.close()
    assert not opened


@pytest.mark.parametrize("begun_by", ["wake", "add"])
def test_it_is_opened_once_when_something_is_written_and_asked_from_then_on(begun_by: str) -> None:
    opened, open_store = opening()
    store = OnDemand(open_store, holds=False)
    if begun_by == "wake":
        store.wake()
    store.add("one", ["a"], VECTOR[None, :])
    store.query("one", VECTOR, 3)
    store.ids("one")
    store.count("one")
    store.read("one")
    store.remove("one", ["a"])
    store.drop("one")
    store.collections()
    store.ping()
    store.close()
    assert [one.asked for one in opened] == [
        ["add", "query", "ids", "count", "read", "remove", "drop", "collections", "ping", "close"]
    ]


def test_where_something_is_held_it_is_open_before_the_first_search() -> None:
    opened, open_store = opening()
    OnDemand(open_store, holds=True)
    assert len(opened) == 1


def test_once_closed_it_opens_nothing() -> None:
    opened, open_store = opening()
    store = OnDemand(open_store, holds=False)
    store.close()
    for ask in (store.ping, store.wake):
        with pytest.raises(Unavailable):
            ask()
    assert not opened
