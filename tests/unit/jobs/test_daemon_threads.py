"""Threads that end together, in the time there is."""

from __future__ import annotations

import threading
import time

from jobs.daemon_threads import DaemonThreads

WITHIN_S = 10.0


def test_all_end_when_they_are_told_to() -> None:
    threads, woken, ended = DaemonThreads(), threading.Event(), []
    threads.start("waits", lambda: ended.append(threads.stops_within(WITHIN_S)))
    threads.start("waits-for-else", lambda: ended.append(woken.wait(WITHIN_S)))
    assert not threads.stopping
    threads.stop(WITHIN_S, wake=woken.set)
    assert (ended, threads.stopping) == ([True, True], True)


def test_those_that_take_longer_are_left_after_one_wait_for_all() -> None:
    threads, release = DaemonThreads(), threading.Event()

    def slow() -> None:
        release.wait(WITHIN_S)

    for n in range(40):
        threads.start(f"slow-{n}", slow)
    began = time.monotonic()
    threads.stop(0.05)
    release.set()
    assert 0.05 <= time.monotonic() - began < 40 * 0.05


def test_winding_down_waits_for_nobody() -> None:
    threads = DaemonThreads()
    threads.wind_down()
    assert threads.stops_within(WITHIN_S)
