"""In which order waiting work is looked at: owners take turns, and within an owner its assistants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from jobs.kinds import LAST

LOOKED_AT = 20  # of one assistant's, before the next one's turn: those before may be in others' hands


class FairChoice:
    """Remembers whose turn was last; every thread of a process asks the same one."""

    def __init__(self, waiting: Callable[[str, str, int], list[str]]) -> None:
        self._waiting = waiting
        self._lock = threading.Lock()
        self._owner = ""
        self._assistants: dict[str, str] = {}

    def candidates(self) -> Iterator[str]:
        """Keys of what waits, the one whose turn it is first; tell ``chosen`` which one it was."""
        with self._lock:
            after = self._owner
        for owner in self._round(after, "", LAST, part=0):
            with self._lock:
                assistant = self._assistants.get(owner, "")
            for one in self._round(assistant, f"{owner}:", f"{owner};", part=1):
                yield from self._waiting(f"{owner}:{one}:", f"{owner}:{one};", LOOKED_AT)

    def chosen(self, key: str) -> None:
        """The turn goes on from here."""
        owner, assistant, _ = key.split(":")
        with self._lock:
            self._owner = owner
            self._assistants[owner] = assistant

    def _round(self, after: str, low: str, high: str, *, part: int) -> Iterator[str]:
        """The values of one part of the keys between two: from the one after ``after`` on, then from the first."""
        first = f"{low}{after};" if after else low
        for start, end in ((first, high), (low, first)) if after else ((low, high),):
            above = start
            while found := self._waiting(above, end, 1):
                value = found[0].split(":")[part]
                yield value
                above = f"{low}{value};"
