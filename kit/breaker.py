"""Leaves alone for a moment what keeps failing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 3
REST_S = 30.0


class Breaker:
    """After several failures in a row nobody calls for a while; then one caller tries again, the others wait.

    Safe to use from many threads. ``rest_s`` is in seconds.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._resting_until = 0.0

    def allows(self) -> bool:
        """Whether to call now; of those who ask after a rest, the first alone."""
        with self._lock:
            if self._failures < self._most:
                return True
            now = self._clock()
            if now < self._resting_until:
                return False
            self._resting_until = now + self._rest_s
            return True

    @property
    def rest_left_s(self) -> float:
        """Seconds until somebody may call again; 0 while all may."""
        with self._lock:
            if self._failures < self._most:
                return 0.0
            return max(0.0, self._resting_until - self._clock())

    @property
    def is_open(self) -> bool:
        """Whether it failed so often that not everybody calls."""
        return self._failures >= self._most

    def succeeded(self) -> None:
        """Say that a call went well."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Say that a call failed, or took too long."""
        with self._lock:
            self._failures += 1
            self._resting_until = self._clock() + self._rest_s
