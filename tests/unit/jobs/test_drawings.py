"""The threads that draw cards' pictures: what fails is said on its card, and ends nothing else."""

from __future__ import annotations

import queue
import threading
from typing import Any, cast

import pytest

from jobs.drawings import AT_ONCE, Drawings
from kit.errors import Unavailable


class Easel:
    """Implements what the threads ask of ``DrawCard``."""

    def __init__(self, *left: str) -> None:
        self.left = left
        self.drawn: queue.Queue[str] = queue.Queue()
        self.failed: queue.Queue[str] = queue.Queue()
        self.outages = 2
        self.at_work = 0
        self.most_at_work = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self.lock = threading.Lock()

    def waiting(self) -> tuple[str, ...]:
        return self.left

    def draw(self, card_id: str) -> None:
        if card_id == "unreachable" and self.outages:
            self.outages -= 1
            raise Unavailable
        if card_id.startswith("broken"):
            raise RuntimeError("no paint")
        with self.lock:
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
        self.may_end.wait(5)
        with self.lock:
            self.at_work -= 1
        self.drawn.put(card_id)

    def fail(self, card_id: str) -> None:
        if card_id.startswith("broken twice"):
            raise Unavailable
        self.failed.put(card_id)


def started(easel: Easel) -> Drawings:
    drawings = Drawings(again_after_s=0.01)
    drawings.start(cast("Any", easel))
    return drawings


def test_what_a_process_left_comes_before_what_is_asked_for_now() -> None:
    easel = Easel("left")
    drawings = Drawings()
    drawings.soon("early")
    drawings.start(cast("Any", easel))
    drawings.soon("new")
    assert {easel.drawn.get(timeout=5) for _ in range(3)} == {"left", "early", "new"}
    drawings.stop()
    drawings.soon("too late")
    assert easel.drawn.empty()


def test_so_many_are_drawn_at_once_and_no_more() -> None:
    easel = Easel()
    easel.may_end.clear()
    drawings = started(easel)
    for n in range(AT_ONCE + 2):
        drawings.soon(str(n))
    for _ in range(500):
        if easel.at_work == AT_ONCE:
            break
        threading.Event().wait(0.01)
    easel.may_end.set()
    assert {easel.drawn.get(timeout=5) for _ in range(AT_ONCE + 2)} == set(map(str, range(AT_ONCE + 2)))
    assert easel.most_at_work == AT_ONCE
    drawings.stop()


@pytest.mark.parametrize(("bad", "is_said"), [("broken", True), ("broken twice", False)])
def test_one_that_fails_ends_no_thread(bad: str, *, is_said: bool) -> None:
    easel = Easel()
    drawings = started(easel)
    all_bad = [f"{bad} {n}" for n in range(3)]
    for one in (*all_bad, "good"):
        drawings.soon(one)
    assert easel.drawn.get(timeout=5) == "good"
    drawings.stop()
    said = {easel.failed.get_nowait() for _ in range(easel.failed.qsize())}
    assert said == (set(all_bad) if is_said else set())


def test_one_is_drawn_once_the_records_are_back() -> None:
    easel = Easel()
    drawings = started(easel)
    drawings.soon("unreachable")
    assert easel.drawn.get(timeout=5) == "unreachable"
    drawings.stop()
    assert easel.failed.empty()
