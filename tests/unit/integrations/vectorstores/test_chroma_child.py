"""Chroma in a process of its own: what it is asked, who goes first, and what its death means."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integrations.vectorstores import chroma_process
from integrations.vectorstores.chroma_child import ANSWERS_STILL_S, ChildChroma, Gone
from kit.errors import Unavailable
from tests.talk import wait_until

NOWHERE = Path("nowhere")


class Scripted:
    """A process that answers with the number of the question, after doing what it is told to do first."""

    pid = 1

    def __init__(self, first: Callable[[str], None] = lambda _: None) -> None:
        self._first = first
        self.asked: list[str] = []
        self.ended = 0

    def ask(self, question: tuple[str, tuple[Any, ...]]) -> Any:
        self.asked.append(question[0])
        self._first(question[0])
        return len(self.asked)

    def end(self) -> None:
        self.ended += 1


def dying(_: str) -> None:
    raise Gone


def test_who_asks_a_process_that_died_is_answered_by_a_new_one() -> None:
    processes: Iterator[Scripted] = iter([Scripted(dying), Scripted()])
    store = ChildChroma(NOWHERE, lambda _: next(processes))
    assert store.count("one") == 1


def test_a_process_that_always_dies_is_unavailable() -> None:
    store = ChildChroma(NOWHERE, lambda _: Scripted(dying))
    with pytest.raises(Unavailable):
        store.count("one")


def test_a_closed_store_ends_its_process_and_starts_none() -> None:
    started: list[Scripted] = []

    def start(_: Path) -> Scripted:
        started.append(Scripted())
        return started[-1]

    store = ChildChroma(NOWHERE, start)
    store.close()
    with pytest.raises(Unavailable):
        store.ping()
    assert [one.ended for one in started] == [1]


def test_what_answered_a_moment_ago_is_not_asked_whether_it_can() -> None:
    now = [0.0]
    process = Scripted()
    store = ChildChroma(NOWHERE, lambda _: process, lambda: now[0])
    store.ping()
    now[0] = ANSWERS_STILL_S
    store.ping()
    assert process.asked == ["ping"]
    now[0] += 0.1
    store.ping()
    store.count("one")
    now[0] += ANSWERS_STILL_S
    store.ping()
    assert process.asked == ["ping", "ping", "count"]


def test_who_reads_goes_before_who_writes() -> None:
    going_on = threading.Event()
    begun = threading.Event()

    def wait_for_the_drop(method: str) -> None:
        if method == "drop":
            begun.set()
            assert going_on.wait(10)

    process = Scripted(wait_for_the_drop)
    store = ChildChroma(NOWHERE, lambda _: process)
    threads = [threading.Thread(target=store.drop, args=("one",))]
    threads[0].start()
    assert begun.wait(10)
    threads.append(threading.Thread(target=store.remove, args=("one", ["a"])))
    threads.append(threading.Thread(target=store.count, args=("one",)))
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: store.readers_waiting == 1)
    going_on.set()
    for thread in threads:
        thread.join(10)
    assert process.asked == ["drop", "count", "remove"]


class Store:
    """Answers a count, and fails in two ways at the rest."""

    def count(self, collection: str) -> int:
        return len(collection)

    def ids(self, collection: str) -> set[str]:
        raise Unavailable(f"{collection} is broken.")

    def read(self, collection: str) -> None:
        raise ZeroDivisionError(collection)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("count", (True, 3)),
        ("ids", (False, "one is broken.")),
        ("read", (False, "The vector index does not work: ZeroDivisionError: one")),
        ("close", (False, "The vector index knows no 'close'.")),
    ],
)
def test_every_question_is_answered(method: str, answer: object) -> None:
    ours, its = Pipe()
    with ours, its:
        served = threading.Thread(target=chroma_process.serve, args=(Store(), its))
        served.start()
        ours.send((method, ("one",)))
        assert ours.recv() == answer
        ours.close()
        served.join(10)
        assert not served.is_alive()


def test_vectors_outlive_a_process_that_was_killed(tmp_path: Path) -> None:
    store = ChildChroma(tmp_path / "chroma")
    try:
        store.add("one", ["a", "b"], np.eye(2, 8, dtype=np.float32))
        os.kill(store.pid, signal.SIGKILL)
        assert store.ids("one") == {"a", "b"}
        ((nearest, similarity),) = store.query("one", np.eye(1, 8, dtype=np.float32)[0], 1)
        assert (nearest, round(similarity, 3)) == ("a", 1.0)
    finally:
        store.close()
