"""Counts in Redis, shared by all processes; in the memory of each while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.counters.memory import CountsInMemory
from kit.logging import get_logger

TIMEOUT_S = 0.5
REST_S = 10.0
PREFIX = "orquestra:requests:"
_log = get_logger("limits")


class CountsInRedis:
    """Counts by name; a refused one counts too, which changes nothing: its window is full."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
        )
        self._clock = clock
        self._instead = CountsInMemory(clock)
        self._not_before = float("-inf")

    def count(self, name: str, most: int, keep_s: float) -> int | None:
        """One more of ``name``, and how many there are; ``None`` beyond ``most``."""
        if self._clock() < self._not_before:
            return self._instead.count(name, most, keep_s)
        try:
            with self._redis.pipeline(transaction=True) as both:
                both.incr(PREFIX + name)
                both.expire(PREFIX + name, int(keep_s) + 1)
                count = int(both.execute()[0])
        except redis.RedisError as problem:
            _log.warning("Redis is away, requests are counted here", problem=type(problem).__name__)
            self._not_before = self._clock() + REST_S
            return self._instead.count(name, most, keep_s)
        return count if count <= most else None

    def close(self) -> None:
        """Close its connections."""
        self._redis.close()
