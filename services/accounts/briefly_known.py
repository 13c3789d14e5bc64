"""What the records said a moment ago, for callers who ask many times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
# Another process' change is noticed within a second; our own at once, by ``forget``.
TTL_S = 0.9
MOST = 10_000


class BrieflyKnown(Generic[T]):
    """Values by key, each for less than a second after the read began. What is not there is looked for anew."""

    def __init__(self, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._lock = threading.Lock()
        self._epoch = 0
        self._kept: dict[str, tuple[float, T]] = {}

    def get(self, key: str, read: Callable[[], T | None]) -> T | None:
        """The value, from ``read`` where none is known."""
        began, found = self._clock(), self._kept.get(key)
        if found is not None and began < found[0]:
            return found[1]
        epoch, value = self._epoch, read()
        if value is not None:
            with self._lock:
                if epoch == self._epoch:  # else what was read may be what has just been changed
                    if len(self._kept) >= MOST:
                        self._kept = {}
                    self._kept[key] = (began + self._ttl_s, value)
        return value

    def forget(self) -> None:
        """Look everything up anew; also what is being read now is not kept."""
        with self._lock:
            self._epoch += 1
            self._kept = {}
