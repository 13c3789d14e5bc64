"""Few threads at work, however many wait: they would only fight for the interpreter and for the processors."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context

# Who waited so long goes to work without a place: a few that hang must not hold up all others.
PATIENCE_S = 2.0
STAND_BACK_S = 0.1
LATELY_S = 2.0


class Workplaces:
    """A number of places, each for one thread at a time; who waits for one is served in the order of arrival.

    With 64 threads at work on two cores, every answer of the database costs a fight for the interpreter, and turns a
    second are lost to it. So a thread takes a place for what it has to do, and gives it up with ``away`` while it
    waits for a model or for another thread (docs/architecture.md, "Threads").
    """

    def __init__(
        self, places: int, patience_s: float = PATIENCE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.patience_s = patience_s
        self._clock = clock
        self._lock = threading.Lock()
        self._nobody = threading.Condition(self._lock)
        self._places = self._free = places
        self._waiting: deque[threading.Lock] = deque()
        self._left_at = -LATELY_S
        self._when_free: Callable[[], object] | None = None

    def when_free(self, tell: Callable[[], object]) -> None:
        """Have this called whenever a place is free and no thread waits for it."""
        self._when_free = tell

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place, after the wait for one; a thread holds at most one."""
        holder = _holder.get()
        if holder is not None and holder.is_at(self):
            yield
            return
        holder = Holder(self, has_place=self.take())
        token = _holder.set(holder)
        try:
            yield
        finally:
            _holder.reset(token)
            holder.give_up()

    @property
    def busy_lately(self) -> bool:
        """Whether anybody is at a place, or was a moment ago."""
        return self._free < self._places or self._clock() < self._left_at + LATELY_S

    def stand_back(self, most_s: float = STAND_BACK_S) -> None:
        """Wait until nobody is at a place, and no longer than so: for who does what nobody waits for.

        To be called between small pieces of work: what a thread is in the middle of it does to the end.
        """
        with self._nobody:
            self._nobody.wait_for(lambda: self._free == self._places, most_s)

    @property
    def wanted(self) -> bool:
        """Whether a thread waits for a place."""
        return bool(self._waiting)

    def take_now(self) -> bool:
        """Take a place if one is free, and nobody waits for it."""
        with self._lock:
            return self._take_free()

    def take(self) -> bool:
        """Wait for a place; whether there was one in time."""
        with self._lock:
            if self._take_free():
                return True
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=self.patience_s):
            return True
        with self._lock:
            if called not in self._waiting:
                return True  # it was called in this very moment
            self._waiting.remove(called)
            return False

    def give_up(self) -> None:
        """Leave a place that was taken."""
        with self._lock:
            self._left_at = self._clock()
            if self._waiting:
                self._waiting.popleft().release()
                return
            self._free += 1
            if self._free == self._places:
                self._nobody.notify_all()
        if self._when_free is not None:
            self._when_free()

    def _take_free(self) -> bool:
        if self._free == 0:
            return False
        self._free -= 1
        return True


class Holder:
    """One thread's place, or its lack of one; who ``waited`` for one in vain does not wait again."""

    def __init__(self, places: Workplaces, *, has_place: bool, waited: bool = False) -> None:
        self._places = places
        self.has_place = has_place
        self._waited = waited

    def is_at(self, places: Workplaces) -> bool:
        """Whether it need not wait for one of these."""
        return (self.has_place or self._waited) and self._places is places

    @property
    def is_wanted(self) -> bool:
        """Whether a thread that has begun its work waits for the place."""
        return self._places.wanted

    def take(self) -> None:
        """Wait for a place."""
        self.has_place = self._places.take()

    def give_up(self) -> bool:
        """Leave it; whether there was a place to give up."""
        had_place, self.has_place = self.has_place, False
        if had_place:
            self._places.give_up()
        return had_place


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


def hold(holder: Holder | None) -> None:
    """From now on this thread works at the place of ``holder``, or at none."""
    _holder.set(holder)


def carried(run: Callable[[], None]) -> Callable[[], None]:
    """The same for another thread: with this one's request id and the like, and without its place."""
    context = copy_context()

    def without_place() -> None:
        hold(None)
        run()

    return lambda: context.run(without_place)


_holder: ContextVar[Holder | None] = ContextVar("workplace", default=None)
