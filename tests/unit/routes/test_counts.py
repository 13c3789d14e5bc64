from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from routes.counts import FORGET_EVERY_S, URI, CountsInMemory


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_begins_with_the_first_request_and_ends_after_its_time() -> None:
    clock = Clock()
    counts = CountsInMemory(clock=clock)
    assert [counts.incr("a", 60), counts.incr("a", 60), counts.incr("b", 60)] == [1, 2, 1]
    assert counts.get_expiry("a") == 1060.0
    clock.now = 1059.9
    assert counts.incr("a", 60) == 3
    clock.now = 1060.0
    assert counts.get("a") == 0
    assert counts.incr("a", 60) == 1
    assert counts.get_expiry("a") == 1120.0


def test_a_key_without_a_count_has_nothing_and_ends_now() -> None:
    counts = CountsInMemory(clock=Clock())
    assert counts.get("nobody") == 0
    assert counts.get_expiry("nobody") == 1000.0


def test_a_count_or_all_of_them_can_be_forgotten() -> None:
    counts = CountsInMemory(clock=Clock())
    for key in ("a", "b", "c"):
        counts.incr(key, 60)
    counts.clear("a")
    counts.clear("never there")
    assert (counts.get("a"), counts.get("b")) == (0, 1)
    assert counts.reset() == 2
    assert counts.get("b") == 0


def test_callers_who_went_away_take_no_memory() -> None:
    clock = Clock()
    counts = CountsInMemory(clock=clock)
    for number in range(100):
        counts.incr(f"caller-{number}", 1)
    counts.incr("stays", 10 * FORGET_EVERY_S)
    clock.now += FORGET_EVERY_S
    counts.incr("new", 60)
    assert counts.reset() == 2


def test_no_request_of_many_threads_is_lost() -> None:
    counts = CountsInMemory()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: counts.incr("a", 60), range(2000)))
    assert counts.get("a") == 2000


def test_counting_starts_no_thread() -> None:
    before = set(threading.enumerate())
    counts = CountsInMemory()
    counts.incr("a", 60)
    assert set(threading.enumerate()) <= before


def test_the_package_finds_it_by_its_address_and_limits_by_it() -> None:
    storage = storage_from_string(URI)
    assert isinstance(storage, CountsInMemory)
    limiter, limit = FixedWindowRateLimiter(storage), parse("2 per minute")
    assert [limiter.hit(limit, "a") for _ in range(3)] == [True, True, False]
    assert limiter.get_window_stats(limit, "a").remaining == 0
    assert storage.check()
