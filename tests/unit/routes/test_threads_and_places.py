"""Threads and workplaces under tasks that go away, raise, nest and lose patience: every place comes back."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Generator

import pytest

from kit.workplaces import Workplaces, away, carried
from routes.threads import Threads
from tests.talk import wait_until

LONG_S = 20.0


class Errand:
    """A task that does what chance says, and counts how often it is done."""

    def __init__(self, places: Workplaces, seed: float, over: Callable[[], object]) -> None:
        self._places = places
        self._chance = random.Random(seed)  # the same at every run
        self._over = over
        self.needs_place = self._chance.random() < 0.7
        self.times = 0

    def service(self) -> None:
        try:
            for _ in range(self._chance.randrange(4)):
                self._do(self._chance.choice(("away", "taken", "raise", "other", "left", "nothing")))
        finally:
            self.times += 1
            self._over()

    def cancel(self) -> None:
        """None is."""
        raise AssertionError

    def _do(self, what: str) -> None:
        match what:
            case "away":
                with away(), away(), self._places.taken():
                    pass
            case "taken":
                with self._places.taken(), self._places.taken(), away():
                    pass
            case "raise":
                with contextlib.suppress(ValueError), self._places.taken(), away():
                    raise ValueError
            case "other":
                other = threading.Thread(target=carried(lambda: self._do("taken")))
                other.start()
                with away():
                    other.join()
            case "left":
                steps = _steps()
                next(steps)
                steps.close()


def _steps() -> Generator[int, None, None]:
    with away():
        yield 1


@pytest.mark.parametrize(
    ("places", "most", "patience_s"), [(1, 1, 0.001), (2, 8, 0.001), (1, 3, LONG_S), (3, 2, LONG_S)]
)
def test_all_is_done_once_and_every_place_comes_back(places: int, most: int, patience_s: float) -> None:
    at, done = Workplaces(places, patience_s), threading.Semaphore(0)
    threads = Threads(most, at, lambda task: task.needs_place)
    tasks = [Errand(at, places * 1000 + number, done.release) for number in range(60)]
    for task in tasks:
        threads.add_task(task)
    for _ in tasks:
        while not done.acquire(timeout=0.005):
            threads.hurry()
    wait_until(lambda: threads.idle == threads.running)
    assert [task.times for task in tasks] == [1] * len(tasks)
    assert threads.running <= most
    assert [at.take_now() for _ in range(places + 1)] == [True] * places + [False]
    assert not threads.shutdown(timeout=LONG_S)
