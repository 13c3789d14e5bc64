"""Writes of several threads as one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.together import Together
from tests.talk import wait_until


class Place:
    """Writes slowly, when it is told to, and notes what it wrote."""

    def __init__(self) -> None:
        self.written: list[tuple[str, list[str]]] = []
        self.going_on = threading.Event()
        self.breaks_at = ""

    def write(self, key: str, items: list[str]) -> None:
        self.written.append((key, items))
        assert self.going_on.wait(10)
        if self.breaks_at in items:
            raise OSError(self.breaks_at)


@pytest.fixture
def place() -> Place:
    return Place()


def test_what_comes_while_one_writes_is_written_at_once(place: Place) -> None:
    together = Together(place.write)
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(together.do, "a", "1")]
        wait_until(lambda: place.written == [("a", ["1"])])
        asked += [pool.submit(together.do, "a", one) for one in "23"]
        wait_until(lambda: len(together._waiting.get("a", ())) == 2)
        asked += [pool.submit(together.do, "b", "4")]  # another place waits for nobody
        wait_until(lambda: place.written[1:] == [("b", ["4"])])
        place.going_on.set()
        for one in asked:
            one.result(10)
    assert [(key, sorted(items)) for key, items in place.written[2:]] == [("a", ["2", "3"])]
    assert not together._waiting
    assert not together._writing


def test_who_was_written_together_fails_together_and_others_do_not(place: Place) -> None:
    place.breaks_at = "2"
    together = Together(place.write)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(together.do, "a", "1")
        wait_until(lambda: place.written == [("a", ["1"])])
        others = [pool.submit(together.do, "a", one) for one in "23"]
        wait_until(lambda: len(together._waiting.get("a", ())) == 2)
        place.going_on.set()
        first.result(10)
        for one in others:
            with pytest.raises(OSError, match="2"):
                one.result(10)
    together.do("a", "5")
    assert place.written[-1] == ("a", ["5"])
