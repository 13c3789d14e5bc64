"""What waits for a thread of this process, in a fair order."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable


class FairQueue:
    """Ids that wait, each once. Owners take turns, and within an owner its assistants: who had one comes last."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._waiting: OrderedDict[str, OrderedDict[str, deque[str]]] = OrderedDict()
        self._known: set[str] = set()
        self._running: set[str] = set()
        self._again: dict[str, tuple[str, str]] = {}
        self._closed = False

    def put(self, item: str, *, owner: str = "", assistant: str = "") -> None:
        """Add an item, unless it waits already; one that runs is run once more after."""
        with self._ready:
            if item in self._running:
                self._again[item] = (owner, assistant)
            elif item not in self._known:
                self._known.add(item)
                assistants = self._waiting.setdefault(owner, OrderedDict())
                assistants.setdefault(assistant, deque()).append(item)
                self._ready.notify()

    def take(self) -> str | None:
        """The next item, when there is one; ``None`` once closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            owner, assistants = self._waiting.popitem(last=False)
            assistant, items = assistants.popitem(last=False)
            item = items.popleft()
            if items:
                assistants[assistant] = items
            if assistants:
                self._waiting[owner] = assistants
            self._known.discard(item)
            self._running.add(item)
            return item

    def done(self, item: str) -> None:
        """Say that an item taken is finished."""
        with self._ready:
            self._running.discard(item)
            again = self._again.pop(item, None)
        if again is not None:
            self.put(item, owner=again[0], assistant=again[1])

    def work_off(self, work: Callable[[str], None]) -> None:
        """Have ``work`` do one item after the other, until the queue is closed."""
        while (item := self.take()) is not None:
            try:
                work(item)
            finally:
                self.done(item)

    def close(self) -> None:
        """Let every taker go."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not (self._known or self._running)
