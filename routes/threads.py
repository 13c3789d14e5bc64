"""Threads that answer requests: as many as are needed at once, the one that worked last first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from kit.logging import get_logger
from kit.workplaces import Holder, Workplaces, hold

_log = get_logger("server")


class Task(Protocol):
    """A connection with a request to be answered."""

    def service(self) -> None:
        """Answer it."""
        ...

    def cancel(self) -> None:
        """Nobody will."""
        ...


class Threads:
    """A dispatcher for waitress.

    Its own starts all threads at once and gives each of them a request in turn, so that with room for 256 waiting
    turns as many stacks and heaps are used by a handful of requests. Here a request goes to the thread that was
    idle last, and a new thread is started only where none is.

    What needs one of ``places`` waits here until one is free, in the order of arrival: a thread that is woken only
    to wait for its place costs two more fights for the interpreter. What waited longer than the places' patience
    goes on without one.
    """

    def __init__(
        self,
        most: int,
        places: Workplaces | None = None,
        needs_place: Callable[[Any], bool] = lambda _task: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._places = places
        self._needs_place = needs_place
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[_Seat] = []
        self._waiting: deque[Task] = deque()  # for a thread
        self._for_place: deque[tuple[float, Task]] = deque()  # since when
        self._ended = threading.Condition(self._lock)
        self._running = 0
        self._stops = False
        if places is not None:
            places.when_free(self._place_is_free)

    @property
    def running(self) -> int:
        """How many threads there are, at work or idle."""
        return self._running

    @property
    def idle(self) -> int:
        """How many of them have nothing to do."""
        return len(self._idle)

    def add_task(self, task: Task) -> None:
        """Have it answered, now or as soon as there is a thread for it, and a place if it needs one."""
        with self._lock:
            if self._places is not None and self._needs_place(task):
                self._for_place.append((self._clock(), task))
                self._give_places()
            else:
                self._give(task)

    def hurry(self) -> None:
        """Have done without a place what waited for one too long; to be called now and then."""
        with self._lock:
            while self._for_place and self._places is not None:
                since, task = self._for_place[0]
                if self._clock() < since + self._places.patience_s:
                    break
                self._for_place.popleft()
                self._give(task, Holder(self._places, has_place=False, waited=True))

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:  # noqa: FBT001, FBT002  # waitress'
        """End the threads once what they do is done, and wait so long for that."""
        with self._lock:
            self._stops = True
            while self._idle:
                self._idle.pop().give(None)
            if not self._ended.wait_for(lambda: not self._running, timeout):
                _log.warning("requests still under way", threads=self._running)
            left = [*self._waiting, *(task for _, task in self._for_place)] if cancel_pending else []
            self._waiting.clear()
            self._for_place.clear()
        for task in left:
            task.cancel()
        return bool(left)

    def _place_is_free(self) -> None:
        if self._for_place:
            with self._lock:
                self._give_places()

    def _give_places(self) -> None:
        while self._for_place and not self._stops and (seat := self._seat()) is not None:
            holder = self._holder()
            if holder is None:
                self._idle.append(seat)
                return
            seat.give(self._for_place.popleft()[1], holder)

    def _give(self, task: Task, holder: Holder | None = None) -> None:
        seat = None if self._stops else self._seat()
        if seat is None:
            self._waiting.append(task)
        else:
            seat.give(task, holder)

    def _holder(self) -> Holder | None:
        if self._places is None or not self._places.take_now():
            return None
        return Holder(self._places, has_place=True)

    def _seat(self) -> _Seat | None:
        """An idle thread, or a new one; ``None`` where there are as many as may be, or the system gives none."""
        if self._idle:
            return self._idle.pop()
        if self._running == self._most:
            return None
        seat = _Seat()
        name = f"request-{self._running + 1}"
        try:
            threading.Thread(target=self._work, args=(seat,), name=name, daemon=True).start()
        except RuntimeError:
            if not self._running:
                raise
            return None
        self._running += 1
        return seat

    def _work(self, seat: _Seat) -> None:
        task, holder = seat.take()
        while task is not None:
            hold(holder)
            try:
                task.service()
            except BaseException as problem:  # noqa: BLE001  # the thread lives on
                _log.error("request failed", exc_info=problem)
                task.cancel()
            hold(None)
            task, holder = self._next(seat, holder)
        with self._lock:
            self._running -= 1
            self._ended.notify_all()

    def _next(self, seat: _Seat, holder: Holder | None) -> tuple[Task | None, Holder | None]:
        with self._lock:
            found = None if self._stops else self._found(holder)
            if found is None and not self._stops:
                self._idle.append(seat)
            stops = self._stops
        if holder is not None and (found is None or found[1] is not holder):
            holder.give_up()
        if found is None:
            return (None, None) if stops else seat.take()
        return found

    def _found(self, holder: Holder | None) -> tuple[Task, Holder | None] | None:
        """What waits, for a thread that has done; its place goes with it, unless who has begun waits for one."""
        if self._waiting:
            return self._waiting.popleft(), None
        if not self._for_place:
            return None
        if holder is None or not holder.has_place:
            holder = self._holder()
        elif holder.is_wanted:
            holder = None
        return (self._for_place.popleft()[1], holder) if holder is not None else None


class _Seat:
    """Where one thread is given its next task; a lock is the least that it can sleep on."""

    def __init__(self) -> None:
        self._given = threading.Lock()
        self._given.acquire()
        self._task: tuple[Task | None, Holder | None] = (None, None)

    def give(self, task: Task | None, holder: Holder | None = None) -> None:
        """Wake the thread; no task ends it."""
        self._task = task, holder
        self._given.release()

    def take(self) -> tuple[Task | None, Holder | None]:
        """Sleep until there is one."""
        self._given.acquire()
        task, self._task = self._task, (None, None)
        return task
