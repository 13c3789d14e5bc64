"""Few threads at work, however many wait: they would only fight for the interpreter and for the processors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Who waited so long goes to work without a place: a few that hang must not hold up all others.
PATIENCE_S = 2.0


class Workplaces:
    """A number of places, each for one thread at a time.

    With 64 threads at work on two cores, every answer of the database costs a fight for the interpreter: a
    fifth of the turns a second are lost to it (docs/measurements.md). So a thread takes a place for what it
    has to do, and gives it up with ``away`` while it waits for a model or for another thread.
    """

    def __init__(self, places: int, patience_s: float = PATIENCE_S) -> None:
        self._free = threading.Semaphore(places)
        self._patience_s = patience_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place, after the wait for one; a thread holds at most one."""
        holder = _Holder(self._free, self._patience_s)
        holder.take()
        token = _holder.set(holder)
        try:
            yield
        finally:
            _holder.reset(token)
            holder.give_up()


@contextmanager
def away() -> Iterator[None]:
    """Be without the place that this thread holds, if it does, and wait for one again at the end."""
    holder = _holder.get()
    if holder is None or not holder.give_up():
        yield
        return
    try:
        yield
    finally:
        holder.take()


class _Holder:
    """One thread's place, or its lack of one."""

    def __init__(self, free: threading.Semaphore, patience_s: float) -> None:
        self._free = free
        self._patience_s = patience_s
        self._has_place = False

    def take(self) -> None:
        self._has_place = self._free.acquire(timeout=self._patience_s)

    def give_up(self) -> bool:
        """Whether there was a place to give up."""
        had_place, self._has_place = self._has_place, False
        if had_place:
            self._free.release()
        return had_place


_holder: ContextVar[_Holder | None] = ContextVar("workplace", default=None)
