"""Leaves alone for a moment what keeps failing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 3
REST_S = 30.0
EARLY_S = 1.0


class Breaker:
    """After several failures in a row nobody calls for a while; then one caller tries again, the others wait.

    Who has nowhere else to go may try early: one at a time, a second after what failed last.
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
        self._failed_at = 0.0
        self._one_tries = False

    def allows(self, *, early: bool = False) -> bool:
        """Whether to call now; of those who ask after a rest, or ``early``, the first alone."""
        with self._lock:
            if self._failures < self._most:
                return True
            now = self._clock()
            early = early and not self._one_tries and now >= self._failed_at + EARLY_S
            if now < self._resting_until and not early:
                return False
            self._resting_until = now + self._rest_s
            self._one_tries = True
            return True

    @property
    def early_in_s(self) -> float:
        """Seconds until it is worth asking for an early try: while one is at it, a moment to see what comes of it."""
        with self._lock:
            if self._one_tries:
                return EARLY_S
            return max(0.0, self._failed_at + EARLY_S - self._clock())

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
            self._one_tries = False

    def failed(self) -> None:
        """Say that a call failed, or took too long."""
        with self._lock:
            self._failures += 1
            self._failed_at = self._clock()
            self._resting_until = self._failed_at + self._rest_s
            self._one_tries = False
