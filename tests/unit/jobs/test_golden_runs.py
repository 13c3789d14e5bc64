"""Runs of golden questions in their thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from jobs.golden_runs import GoldenRuns
from kit.clock import utc_now
from kit.errors import Unavailable
from kit.ids import new_id
from models.golden import GoldenRun
from services.golden.run_golden import RunGolden

WITHIN_S = 10.0


class Doing:
    """Stands in for the use case: does what it is told for each run."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: list[str] = []
        self.changed = threading.Semaphore(0)
        self.acts: dict[str, Callable[[Callable[[], bool]], None]] = {}

    def run(self, run_id: str, keep_on: Callable[[], bool]) -> None:
        try:
            if run_id in self.acts:
                self.acts[run_id](keep_on)
            self.done.append(run_id)
        finally:
            self.changed.release()

    def fail(self, run_id: str) -> None:
        self.failed.append(run_id)
        raise Unavailable


@pytest.fixture
def doing() -> Doing:
    return Doing()


@pytest.fixture
def runs(doing: Doing) -> Iterator[GoldenRuns]:
    running = GoldenRuns()
    running.start(cast("RunGolden", doing))
    yield running
    running.stop()


def a_run() -> GoldenRun:
    return GoldenRun(new_id(), new_id(), 5, utc_now())


def test_one_that_breaks_holds_no_other_up(doing: Doing, runs: GoldenRuns) -> None:
    def put_off(_: Callable[[], bool]) -> None:
        raise Unavailable

    def broken(_: Callable[[], bool]) -> None:
        raise ZeroDivisionError

    first, second, third = a_run(), a_run(), a_run()
    doing.acts = {first.id: put_off, second.id: broken}
    for run in (first, second, third):
        runs.run_soon(run)
    for _ in range(3):
        assert doing.changed.acquire(timeout=WITHIN_S)

    runs.stop()
    assert (doing.done, doing.failed) == ([third.id], [second.id])


def test_one_that_runs_is_told_to_stop(doing: Doing, runs: GoldenRuns) -> None:
    begun, told = threading.Event(), threading.Event()

    def go_on(keep_on: Callable[[], bool]) -> None:
        begun.set()
        while keep_on():
            told.wait(0.001)
        told.set()

    run = a_run()
    doing.acts = {run.id: go_on}
    runs.run_soon(run)
    assert begun.wait(WITHIN_S)
    runs.stop()
    assert told.is_set()
