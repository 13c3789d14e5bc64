"""Count requests a minute, for assistants, their end users and personal tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from kit.clock import Clock
from models.limits import LimitName, LimitReached, Limits
from services.limits.limits_of_keys import LimitsOfKeys
from services.limits.spender import user_key

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
        keys: LimitsOfKeys | None = None,
        on_reached: Callable[[str], object] = lambda _limit: None,
    ) -> None:
        self._counter = counter
        self._keys = keys or LimitsOfKeys(lambda _key_id: None)
        self._clock = clock
        self._on_reached = on_reached

    def admit(self, assistant_id: str, limits: Limits, user_id: str = "", key_id: str = "") -> None:
        """Count one request; ``LimitReached`` when its token, its user or the assistant has no more this minute."""
        now = self._clock()
        of_key = self._keys.of(key_id).requests_per_minute if key_id != assistant_id else None
        if of_key is not None:
            self._admit(key_id, of_key, now, of_token=True)
        if limits.user is not None and limits.user.requests_per_minute is not None and user_id:
            name = f"{assistant_id}:{user_key(user_id)}"
            self._admit(name, limits.user.requests_per_minute, now, of_user=True)
        if limits.requests_per_minute is not None:
            self._admit(assistant_id, limits.requests_per_minute, now)

    def _admit(
        self, name: str, most: int, now: datetime, *, of_user: bool = False, of_token: bool = False
    ) -> None:
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        if self._counter.count(f"{name}:{minute:%Y%m%d%H%M}", most, MINUTE.total_seconds()) is None:
            reached = LimitReached(
                LimitName.REQUESTS_PER_MINUTE,
                of_user=of_user,
                of_token=of_token,
                used=most,
                allowed=most,
                resets_at=minute + MINUTE,
                now=now,
            )
            self._on_reached(reached.limit)
            raise reached
