"""Log lines: whole, each once, and no thread waits for another one that writes."""

from __future__ import annotations

import io
import threading

from kit.logging import Lines


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
