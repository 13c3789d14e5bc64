from __future__ import annotations

import threading
from collections.abc import Callable

from jobs.reembedding import Reembedding
from kit.errors import Unavailable

WAIT_S = 10.0


def test_what_fails_is_tried_again_until_it_is_through() -> None:
    through = threading.Event()
    problems: list[Exception] = [Unavailable(), ValueError("a bug")]

    def work(go_on: Callable[[], bool]) -> None:
        assert go_on()
        if problems:
            raise problems.pop(0)
        through.set()

    job = Reembedding(work, again_after_s=0.001)
    job.start()
    assert through.wait(WAIT_S)
    job.stop()
    assert problems == []


def test_a_stop_ends_what_is_under_way_and_is_fine_without_a_start() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(go_on: Callable[[], bool]) -> None:
        begun.set()
        while go_on():
            ended.wait(0.001)
        ended.set()

    Reembedding(work).stop()
    job = Reembedding(work)
    job.start()
    assert begun.wait(WAIT_S)
    job.stop()
    assert ended.is_set()
