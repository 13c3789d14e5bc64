"""Leaves a failing model alone: a breaker for each server, model and key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kit.breaker import Breaker
from models.catalogue import ModelEntry

FAILURES = 5
REST_S = 10.0
MOST = 4096  # of more, all are forgotten: they are learnt again in a few calls


class Breakers:
    """After five failures in a row a model rests for ten seconds; then one call tries it, the others pass by.

    Where there is no other model, one call tries it a second after it failed last.

    What a server refuses (a bad key, an unknown model) is no failure of the server. An assistant's own key
    has a breaker of its own: its failures are nobody else's.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._breakers: dict[tuple[str, ...], Breaker] = {}

    def of(self, entry: ModelEntry, own_key: str = "") -> Breaker:
        """The breaker of an entry, as asked with ``own_key`` where that is not the entry's."""
        name = (entry.provider, entry.base_url, entry.served_as, own_key)
        breaker = self._breakers.get(name)
        if breaker is None:
            with self._lock:
                if len(self._breakers) >= MOST:
                    self._breakers.clear()
                breaker = self._breakers.setdefault(name, Breaker(self._failures, self._rest_s, self._clock))
        return breaker
