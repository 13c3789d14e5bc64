"""Threads that answer requests: as few as do, each asked again as soon as it is idle."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from kit.workplaces import Workplaces, away
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


class Turn(Asked):
    """A task that needs a place, one of ``at``; while ``away_until`` is not set it waits for a model first."""

    def __init__(self, away_until: threading.Event | None = None, at: Workplaces | None = None) -> None:
        super().__init__()
        self._away_until = away_until
        self._at = at

    def service(self) -> None:
        with self._at.taken() if self._at else contextlib.nullcontext():
            self._do()

    def _do(self) -> None:
        if self._away_until is not None:
            with away():
                assert self._away_until.wait(LONG_S)
        super().service()


@contextmanager
def with_places(
    number: int, most: int = 8, clock: Callable[[], float] = time.monotonic
) -> Iterator[tuple[Threads, Workplaces]]:
    places = Workplaces(number, patience_s=LONG_S)
    threads = Threads(most, places, lambda task: isinstance(task, Turn), clock)
    yield threads, places
    threads.shutdown(timeout=LONG_S)
    assert threads.running == 0


def test_who_needs_a_place_waits_for_one_and_keeps_no_thread_meanwhile() -> None:
    with with_places(1) as (threads, places):
        first, second, third, other = Turn(), Turn(), Turn(), Asked()
        given(threads, first, second, third, other)
        assert first.began.wait(LONG_S)
        assert other.began.wait(LONG_S)  # it needs none
        assert (threads.running, second.began.is_set(), places.take_now()) == (2, False, False)
        done(first, second, third, other)
        assert first.by == second.by == third.by
        wait_until(places.take_now)


def test_while_one_waits_for_a_model_the_next_has_its_place_and_who_began_goes_on_first() -> None:
    answered = threading.Event()
    with with_places(1) as (threads, places):
        first, second, third = Turn(answered), Turn(), Turn()
        given(threads, first, second, third)
        assert second.began.wait(LONG_S)
        answered.set()
        wait_until(lambda: places.wanted)
        assert not first.began.is_set()
        done(second)
        assert first.began.wait(LONG_S)
        assert not third.began.is_set()
        done(first, third)


def test_who_waited_too_long_for_a_place_goes_on_without_one() -> None:
    now = [0.0]
    with with_places(1, clock=lambda: now[0]) as (threads, places):
        first, second = Turn(), Turn(at=places)
        given(threads, first, second)
        threads.hurry()
        assert (first.began.wait(LONG_S), second.began.is_set()) == (True, False)
        now[0] = LONG_S
        threads.hurry()
        assert second.began.wait(LONG_S / 2)
        done(second, first)


def test_where_there_are_no_more_threads_a_turn_has_its_place_once_one_is_free() -> None:
    with with_places(2, most=1) as (threads, places):
        first, other, second = Turn(), Asked(), Turn()
        given(threads, first, other, second)
        assert first.began.wait(LONG_S)
        done(first, other, second)
        wait_until(lambda: places.take_now() and places.take_now())


def test_what_still_waits_for_a_place_at_the_end_is_cancelled() -> None:
    with with_places(1) as (threads, _):
        first, second = Turn(), Turn()
        given(threads, first, second)
        assert first.began.wait(LONG_S)
        assert threads.shutdown(timeout=0.01)
        assert second.cancelled
        done(first)
