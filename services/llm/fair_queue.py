"""A bound on calls at once, with a queue in which assistants take turns."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

from kit.workplaces import away


class FairQueue:
    """Places for calls: who waits for one is served assistant by assistant, not in the order of arrival.

    So one assistant with a hundred calls waiting holds another's single call up by one call, not by a hundred.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0
        self._limit = 0
        self._waiting: OrderedDict[str, deque[_Waiter]] = OrderedDict()

    def take(self, assistant_id: str, limit: int, timeout_s: float) -> bool:
        """Take a place, after a wait of at most ``timeout_s``; whether there was one. ``limit`` may change."""
        with self._lock:
            self._limit = limit
            if self._taken < limit and not self._waiting:
                self._taken += 1
                return True
            waiter = _Waiter()
            self._waiting.setdefault(assistant_id, deque()).append(waiter)
            self._hand_out()
        with away():
            waiter.called.wait(max(timeout_s, 0.0))
        with self._lock:
            if not waiter.called.is_set():
                self._leave(assistant_id, waiter)
                return False
            return True

    def give_back(self) -> None:
        """Free a place for the next in turn."""
        with self._lock:
            self._taken -= 1
            self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self._taken < self._limit:
            assistant_id, line = next(iter(self._waiting.items()))
            self._taken += 1
            line.popleft().called.set()
            if line:
                self._waiting.move_to_end(assistant_id)
            else:
                del self._waiting[assistant_id]

    def _leave(self, assistant_id: str, waiter: _Waiter) -> None:
        line = self._waiting[assistant_id]
        line.remove(waiter)
        if not line:
            del self._waiting[assistant_id]


class FairQueues:
    """A queue for each model that has a bound."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, FairQueue] = {}

    def of(self, name: str) -> FairQueue:
        """The queue of the model of this name."""
        with self._lock:
            return self._queues.setdefault(name, FairQueue())


class _Waiter:
    __slots__ = ("called",)

    def __init__(self) -> None:
        self.called = threading.Event()
