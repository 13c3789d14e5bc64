"""Threads that answer requests: as many as are needed at once, the one that worked last first."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Protocol

from kit.logging import get_logger

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
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._idle: list[_Seat] = []
        self._waiting: deque[Task] = deque()
        self._ended = threading.Condition(self._lock)
        self._running = 0
        self._stops = False

    @property
    def running(self) -> int:
        """How many threads there are, at work or idle."""
        return self._running

    @property
    def idle(self) -> int:
        """How many of them have nothing to do."""
        return len(self._idle)

    def add_task(self, task: Task) -> None:
        """Have it answered, now or as soon as a thread is free."""
        with self._lock:
            if self._stops:
                self._waiting.append(task)
                return
            if self._idle:
                seat = self._idle.pop()
            elif self._running < self._most and (new := self._started()) is not None:
                seat = new
            else:
                self._waiting.append(task)
                return
            seat.give(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:  # noqa: FBT001, FBT002  # waitress'
        """End the threads once what they do is done, and wait so long for that."""
        with self._lock:
            self._stops = True
            while self._idle:
                self._idle.pop().give(None)
            if not self._ended.wait_for(lambda: not self._running, timeout):
                _log.warning("requests still under way", threads=self._running)
            left, self._waiting = list(self._waiting) if cancel_pending else [], deque()
        for task in left:
            task.cancel()
        return bool(left)

    def _started(self) -> _Seat | None:
        """A new thread; ``None`` where the system gives none and another one will come free."""
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
        task = seat.take()
        while task is not None:
            try:
                task.service()
            except BaseException as problem:  # noqa: BLE001  # the thread lives on
                _log.error("request failed", exc_info=problem)
                task.cancel()
            task = self._next(seat)
        with self._lock:
            self._running -= 1
            self._ended.notify_all()

    def _next(self, seat: _Seat) -> Task | None:
        with self._lock:
            if self._waiting and not self._stops:
                return self._waiting.popleft()
            if self._stops:
                return None
            self._idle.append(seat)
        return seat.take()


class _Seat:
    """Where one thread is given its next task; a lock is the least that it can sleep on."""

    def __init__(self) -> None:
        self._given = threading.Lock()
        self._given.acquire()
        self._task: Any = None

    def give(self, task: Task | None) -> None:
        """Wake the thread; ``None`` ends it."""
        self._task = task
        self._given.release()

    def take(self) -> Task | None:
        """Sleep until there is one."""
        self._given.acquire()
        task: Task | None = self._task
        self._task = None
        return task
