"""Few threads at work, however many wait: they would only fight for the interpreter and for the processors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context

# Who waited so long goes to work without a place: a few that hang must not hold up all others.
PATIENCE_S = 2.0
STAND_BACK_S = 0.1
LATELY_S = 2.0


class Workplaces:
    """A number of places, each for one thread at a time.

    With 64 threads at work on two cores, every answer of the database costs a fight for the interpreter: a
    fifth of the turns a second are lost to it (docs/measurements.md). So a thread takes a place for what it
    has to do, and gives it up with ``away`` while it waits for a model or for another thread.
    """

    def __init__(
        self, places: int, patience_s: float = PATIENCE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free = threading.Semaphore(places)
        self._patience_s = patience_s
        self._clock = clock
        self._changed = threading.Condition()
        self._held = 0
        self._left_at = -LATELY_S

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place, after the wait for one; a thread holds at most one."""
        holder = _Holder(self)
        holder.take()
        token = _holder.set(holder)
        try:
            yield
        finally:
            _holder.reset(token)
            holder.give_up()

    @property
    def busy_lately(self) -> bool:
        """Whether anybody is at a place, or was a moment ago."""
        return self._held > 0 or self._clock() < self._left_at + LATELY_S

    def stand_back(self, most_s: float = STAND_BACK_S) -> None:
        """Wait until nobody is at a place, and no longer than so: for who does what nobody waits for.

        To be called between small pieces of work: what a thread is in the middle of it does to the end.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._held, most_s)

    def take(self) -> bool:
        """Wait for a place; whether there was one in time."""
        taken = self._free.acquire(timeout=self._patience_s)
        if taken:
            self._note(1)
        return taken

    def give_up(self) -> None:
        """Leave a place that was taken."""
        self._note(-1)
        self._free.release()

    def _note(self, more: int) -> None:
        with self._changed:
            self._held += more
            self._left_at = self._clock()
            if not self._held:
                self._changed.notify_all()


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


def carried(run: Callable[[], None]) -> Callable[[], None]:
    """The same for another thread: with this one's request id and the like, and without its place."""
    context = copy_context()

    def without_place() -> None:
        _holder.set(None)
        run()

    return lambda: context.run(without_place)


class _Holder:
    """One thread's place, or its lack of one."""

    def __init__(self, places: Workplaces) -> None:
        self._places = places
        self._has_place = False

    def take(self) -> None:
        self._has_place = self._places.take()

    def give_up(self) -> bool:
        """Whether there was a place to give up."""
        had_place, self._has_place = self._has_place, False
        if had_place:
            self._places.give_up()
        return had_place


_holder: ContextVar[_Holder | None] = ContextVar("workplace", default=None)
