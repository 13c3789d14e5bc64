"""Requests counted in the memory of this process, for Flask-Limiter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from limits.storage import Storage

URI = "counts://"
FORGET_EVERY_S = 60.0


class CountsInMemory(Storage):
    """Fixed windows, under ``URI``.

    The ``memory://`` of the package starts a thread at nearly every request, only to forget old counts.
    """

    STORAGE_SCHEME = [URI.removesuffix("://")]  # noqa: RUF012  # the package declares it so

    def __init__(
        self, uri: str | None = None, *, wrap_exceptions: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` gives seconds since 1970."""
        super().__init__(uri, wrap_exceptions)
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._forget_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What goes wrong in a store: nothing that this one knows of."""
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a count; a window of ``expiry`` seconds begins with the first of it."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            count, ends_at = self._counts.get(key, (0, 0.0))
            if ends_at <= now:
                count, ends_at = 0, now + expiry
            self._counts[key] = (count + amount, ends_at)
            return count + amount

    def get(self, key: str) -> int:
        """A count; 0 once its window is over."""
        count, ends_at = self._counts.get(key, (0, 0.0))
        return count if ends_at > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        """When a count's window ends, in seconds since 1970; now where there is none."""
        return self._counts.get(key, (0, self._clock()))[1]

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget every count; how many there were."""
        with self._lock:
            there = len(self._counts)
            self._counts.clear()
            return there

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self._lock:
            self._counts.pop(key, None)

    def _forget(self, now: float) -> None:
        """Drop the windows that are over, once a minute: callers without an account come and go."""
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY_S
            self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}
