"""Counts in the memory of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FORGET_EVERY_S = 60.0


class CountsInMemory:
    """Counts by name; old ones are forgotten once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._forget_at = 0.0

    def count(self, name: str, most: int, keep_s: float) -> int | None:
        """One more of ``name``, and how many there are; ``None``, and not counted, beyond ``most``."""
        now = self._clock()
        with self._lock:
            if now >= self._forget_at:
                self._forget_at = now + FORGET_EVERY_S
                self._counts = {one: kept for one, kept in self._counts.items() if kept[1] > now}
            count, ends_at = self._counts.get(name, (0, now + keep_s))
            if ends_at <= now:
                count, ends_at = 0, now + keep_s
            if count >= most:
                return None
            self._counts[name] = (count + 1, ends_at)
            return count + 1
