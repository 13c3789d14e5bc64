"""Runs of golden questions in their thread, and how they are shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from jobs.golden_runs import GoldenRuns
from jobs.golden_table import describe_run
from kit.clock import utc_now
from kit.errors import Unavailable
from kit.ids import new_id
from models.golden import GoldenResult, GoldenRun, Hit, RunChange, Shift
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


def test_a_run_is_shown_as_a_table() -> None:
    hit = Hit(1, "R$ 180", new_id(), "precos.md")
    results = (
        GoldenResult("1", "Quanto\ncusta?", hit, enough=True),
        GoldenResult("2", "x" * 80, None, enough=False),
    )
    change = RunChange("0", newly_missed=(Shift("2", "x" * 80, 3, None),), removed=1)
    run = GoldenRun(
        new_id(), new_id(), 5, utc_now(), questions=2, hits=1, mean_reciprocal_rank=0.5, results=results
    )

    shown = describe_run(run)

    assert shown == [
        f"rank  {'question':60}  found in",
        f"   1  {'Quanto custa?':60}  precos.md",
        f"   -  {'x' * 59}…",
        "1 of 2 found among the first 5: hit rate 0.500, mean reciprocal rank 0.500",
    ]
    assert describe_run(GoldenRun(**{**vars(run), "change": change}))[4:] == [
        "Since the last run: 1 newly missed, 1 no longer asked.",
        f"   3 -> -     {'x' * 59}…",
    ]
    assert describe_run(GoldenRun(**{**vars(run), "change": RunChange("0")}))[4:] == [
        "Since the last run: no change."
    ]
