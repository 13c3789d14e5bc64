from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from integrations.vectorstores.base import Vectors
from integrations.vectorstores.grouped import FEW, MOST, MOST_QUEUES, GroupedVectors
from kit.errors import Unavailable
from kit.workplaces import Workplaces


class SlowStore:
    """Keeps what it is given, one call at a time; ``go_on`` lets the next call end."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.held: dict[str, list[float]] = {}
        self.asked: list[str] = []
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.problem: Exception | None = None

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        self.calls.append((collection, list(ids)))
        self.entered.release()
        assert self.go_on.acquire(timeout=5)
        if self.problem is not None:
            raise self.problem
        self.held.update(zip(ids, vectors.tolist(), strict=True))

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return lambda *_: None


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


def _vectors(*values: float) -> Vectors:
    return np.array([[value, 1.0] for value in values], dtype=np.float32)


def _wait_for(grouped: GroupedVectors, collection: str, waiting: int) -> None:
    with grouped._changed:
        assert grouped._changed.wait_for(lambda: len(grouped._queues[collection].waiting) == waiting, 5)


def test_who_comes_while_another_writes_is_written_together(store: SlowStore) -> None:
    grouped = GroupedVectors(store, linger_s=0.0)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(grouped.add, "c", ["a"], _vectors(1))
        assert store.entered.acquire(timeout=5)
        others = [threads.submit(grouped.add, "c", [one, f"{one}2"], _vectors(n, n)) for n, one in [(2, "b")]]
        _wait_for(grouped, "c", 1)
        others.append(threads.submit(grouped.add, "c", ["d"], _vectors(4)))
        _wait_for(grouped, "c", 2)
        elsewhere = threads.submit(grouped.add, "other", ["x"], _vectors(9))
        assert store.entered.acquire(timeout=5)  # another collection does not wait
        assert not first.done()
        store.go_on.release(3)
        for one in (first, *others, elsewhere):
            one.result(5)
    assert sorted((name, sorted(ids)) for name, ids in store.calls) == [
        ("c", ["a"]),
        ("c", ["b", "b2", "d"]),
        ("other", ["x"]),
    ]
    assert {one: row[0] for one, row in store.held.items()} == {"a": 1, "b": 2, "b2": 2, "d": 4, "x": 9}


def test_a_write_that_follows_another_waits_a_moment_for_more(store: SlowStore) -> None:
    now = [0.0]
    grouped = GroupedVectors(store, linger_s=5.0, clock=lambda: now[0])
    store.go_on.release(3)
    grouped.add("c", ["a"], _vectors(1))
    with ThreadPoolExecutor(2) as threads:
        second = threads.submit(grouped.add, "c", ["b"], _vectors(2))
        _wait_for(grouped, "c", 1)
        full = [f"f{n}" for n in range(MOST - 1)]
        third = threads.submit(grouped.add, "c", full, np.ones((MOST - 1, 2), dtype=np.float32))
        second.result(5)
        third.result(5)
    assert [len(ids) for _, ids in store.calls] == [1, MOST]
    now[0] = 60.0
    grouped.add("c", ["z"], _vectors(3))  # nobody is waited for after a pause: this would take five seconds
    assert store.calls[-1] == ("c", ["z"])


def test_what_is_too_much_for_one_call_or_of_another_width_is_written_after(store: SlowStore) -> None:
    grouped = GroupedVectors(store, linger_s=0.0)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(grouped.add, "c", ["a"], _vectors(1))]
        assert store.entered.acquire(timeout=5)
        many = [f"m{n}" for n in range(MOST)]
        calls.append(threads.submit(grouped.add, "c", many, np.ones((MOST, 2), dtype=np.float32)))
        _wait_for(grouped, "c", 1)
        calls.append(threads.submit(grouped.add, "c", ["wide"], np.ones((1, 3), dtype=np.float32)))
        _wait_for(grouped, "c", 2)
        store.go_on.release(3)
        for one in calls:
            one.result(5)
    assert sorted(len(ids) for _, ids in store.calls) == [1, 1, MOST]


def test_a_write_that_fails_fails_for_all_of_it_and_for_nobody_after(store: SlowStore) -> None:
    grouped = GroupedVectors(store, linger_s=0.0)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(grouped.add, "c", ["a"], _vectors(1))
        assert store.entered.acquire(timeout=5)
        others = [threads.submit(grouped.add, "c", [one], _vectors(2)) for one in "bd"]
        _wait_for(grouped, "c", 2)
        store.go_on.release()
        first.result(5)
        assert store.entered.acquire(timeout=5)
        store.problem = Unavailable("down")
        store.go_on.release()
        for one in others:
            with pytest.raises(Unavailable):
                one.result(5)
    store.problem = None
    store.go_on.release()
    grouped.add("c", ["b"], _vectors(2))
    assert set(store.held) == {"a", "b"}


def test_the_rest_is_the_stores_and_idle_collections_are_forgotten(store: SlowStore) -> None:
    now = [0.0]
    grouped = GroupedVectors(store, clock=lambda: now[0])
    grouped.query("c", _vectors(1)[0], 3)
    grouped.ids("c")
    grouped.collections()
    grouped.remove("c", ["a"])
    grouped.drop("c")
    grouped.ping()
    grouped.close()
    assert store.asked == ["query", "ids", "collections", "remove", "drop", "ping", "close"]
    store.go_on.release(MOST_QUEUES + 5)
    for n in range(MOST_QUEUES + 5):
        grouped.add(f"c{n}", ["a"], _vectors(1))
        now[0] += 1.0
    assert len(grouped._queues) <= MOST_QUEUES + 1


def test_while_turns_are_at_work_little_is_written_at_a_time(store: SlowStore) -> None:
    turns = Workplaces(1)
    grouped = GroupedVectors(store, turns=turns)
    store.go_on.release(10)
    grouped.add("c", [f"a{n}" for n in range(150)], np.ones((150, 2), dtype=np.float32))
    with turns.taken():
        pass
    grouped.add("d", [f"b{n}" for n in range(150)], np.ones((150, 2), dtype=np.float32))
    assert [len(ids) for _, ids in store.calls] == [150, FEW, FEW, 150 - 2 * FEW]
    assert len(store.held) == 300
