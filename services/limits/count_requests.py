"""Count requests a minute, for assistants and their end users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from kit.clock import Clock
from models.limits import LimitName, LimitReached, Limits
from services.limits.keep_budgets import user_key

MINUTE = timedelta(minutes=1)


class Counter(Protocol):
    """Counts by name, for a while."""

    def count(self, name: str, most: int, keep_s: float) -> int | None:
        """One more of ``name``, and how many there are; ``None``, and not counted, beyond ``most``."""
        ...


class CountRequests:
    """Windows of one minute by the clock; what is refused is not counted."""

    def __init__(
        self,
        *,
        counter: Counter,
        clock: Clock,
        on_reached: Callable[[str], object] = lambda _limit: None,
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._on_reached = on_reached

    def admit(self, assistant_id: str, limits: Limits, user_id: str = "") -> None:
        """Count one request; ``LimitReached`` when its user or the assistant has no more this minute."""
        now = self._clock()
        if limits.user is not None and limits.user.requests_per_minute is not None and user_id:
            name = f"{assistant_id}:{user_key(user_id)}"
            self._admit(name, limits.user.requests_per_minute, now, of_user=True)
        if limits.requests_per_minute is not None:
            self._admit(assistant_id, limits.requests_per_minute, now, of_user=False)

    def _admit(self, name: str, most: int, now: datetime, *, of_user: bool) -> None:
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        if self._counter.count(f"{name}:{minute:%Y%m%d%H%M}", most, MINUTE.total_seconds()) is None:
            reached = LimitReached(
                LimitName.REQUESTS_PER_MINUTE,
                of_user=of_user,
                used=most,
                allowed=most,
                resets_at=minute + MINUTE,
                now=now,
            )
            self._on_reached(reached.limit)
            raise reached
