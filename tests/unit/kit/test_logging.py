"""Log lines: whole, each once, and no thread waits for another one that writes."""

from __future__ import annotations

import io
import threading

import pytest

from kit.logging import Lines
from tests.talk import wait_until


class Slow(io.StringIO):
    """A file that one thread is stuck in until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.may_go_on = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        assert self.may_go_on.wait(10)
        return super().write(text)


def test_who_finds_another_one_writing_leaves_the_line_to_it() -> None:
    file = Slow()
    lines = Lines(file)
    stuck = threading.Thread(target=lines.msg, args=("first",))
    stuck.start()
    assert file.entered.wait(10)
    lines.msg("second")  # returns at once
    lines.msg("third")
    file.may_go_on.set()
    stuck.join(10)
    assert file.getvalue() == "first\nsecond\nthird\n"


def test_of_many_threads_every_line_is_written_once() -> None:
    file = io.StringIO()
    lines = Lines(file)

    def write(thread: int) -> None:
        for n in range(200):
            lines.msg(f"{thread} {n}")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert sorted(file.getvalue().splitlines()) == sorted(f"{t} {n}" for t in range(8) for n in range(200))


class Full(io.StringIO):
    """A file on a disk that is full for a while, or a pipe that nobody reads."""

    problem: Exception | None = None

    def write(self, text: str) -> int:
        if self.problem is not None:
            raise self.problem
        return super().write(text)


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), ValueError("closed")])
def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(problem: Exception) -> None:
    file = Full()
    lines = Lines(file)
    file.problem = problem
    lines.msg("first")
    file.problem = None
    lines.msg("second")
    assert file.getvalue() == "second\n"


def test_lines_that_may_be_late_are_written_together_and_a_warning_takes_them_along() -> None:
    file = Slow()
    lines = Lines(file)
    lines.write_together()
    for n in range(3):
        lines.info(f"line {n}")
    assert not file.getvalue()
    file.may_go_on.set()
    lines.warning("warning")
    wait_until(lambda: file.getvalue() == "line 0\nline 1\nline 2\nwarning\n")
    lines.info("late")
    wait_until(lambda: file.getvalue().endswith("late\n"))
    lines.info("last")
    lines.flush()
    assert file.getvalue().endswith("late\nlast\n")
