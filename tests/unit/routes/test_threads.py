"""Threads that answer requests: as few as do, each asked again as soon as it is idle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from routes.threads import Threads
from tests.talk import wait_until

LONG_S = 10.0


class Asked:
    """A task that ends when it is told to, and knows who did it."""

    def __init__(self, problem: BaseException | None = None) -> None:
        self.began, self.may_end, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.by = 0
        self.cancelled = False
        self._problem = problem

    def service(self) -> None:
        self.by = threading.get_ident()
        self.began.set()
        assert self.may_end.wait(LONG_S)
        self.ended.set()
        if self._problem is not None:
            raise self._problem

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(2)
    yield made
    made.shutdown(timeout=LONG_S)
    assert made.running == 0


def given(threads: Threads, *tasks: Asked) -> None:
    for task in tasks:
        threads.add_task(task)


def done(*tasks: Asked) -> None:
    for task in tasks:
        task.may_end.set()
        assert task.ended.wait(LONG_S)


def test_one_after_the_other_is_done_by_one_thread(threads: Threads) -> None:
    first, second = Asked(), Asked()
    given(threads, first)
    done(first)
    wait_until(lambda: threads.idle == 1)
    given(threads, second)
    done(second)
    assert (first.by, threads.running) == (second.by, 1)


def test_at_once_are_as_many_as_there_may_be_and_the_rest_waits(threads: Threads) -> None:
    first, second, third = Asked(), Asked(), Asked()
    given(threads, first, second, third)
    assert first.began.wait(LONG_S)
    assert second.began.wait(LONG_S)
    assert (threads.running, third.began.is_set()) == (2, False)
    done(second, third)
    assert third.by == second.by
    done(first)


def test_who_was_idle_last_is_asked_first(threads: Threads) -> None:
    first, second, third = Asked(), Asked(), Asked()
    given(threads, first, second)
    done(first)
    wait_until(lambda: threads.idle == 1)
    done(second)
    wait_until(lambda: threads.idle == 2)
    given(threads, third)
    done(third)
    assert third.by == second.by


@pytest.mark.parametrize("problem", [ValueError(), SystemExit()])
def test_a_thread_survives_what_goes_wrong(threads: Threads, problem: BaseException) -> None:
    first, second = Asked(problem), Asked()
    given(threads, first)
    done(first)
    given(threads, second)
    done(second)
    wait_until(lambda: first.cancelled)  # or its connection would wait for ever


def test_where_the_system_gives_no_thread_the_task_waits_for_one_that_is_there(threads: Threads) -> None:
    first, second, third = Asked(), Asked(), Asked()
    with no_new_threads(), pytest.raises(RuntimeError):
        threads.add_task(first)
    assert threads.running == 0
    given(threads, first)
    with no_new_threads():
        given(threads, second)
    assert (threads.running, second.began.is_set()) == (1, False)
    done(first, second)
    given(threads, third)
    done(third)


@contextmanager
def no_new_threads() -> Iterator[None]:
    """As with a system that has no memory left for one."""
    usual = threading.stack_size(1 << 45)
    try:
        yield
    finally:
        threading.stack_size(usual)


def test_at_the_end_what_is_running_is_waited_for_and_what_waits_is_cancelled() -> None:
    threads, running, waiting, late = Threads(1), Asked(), Asked(), Asked()
    given(threads, running, waiting)
    assert running.began.wait(LONG_S)
    assert threads.shutdown(timeout=0.01)
    given(threads, late)
    done(running)
    assert not threads.shutdown(cancel_pending=False, timeout=LONG_S)
    assert (waiting.cancelled, waiting.began.is_set(), late.began.is_set()) == (True, False, False)
