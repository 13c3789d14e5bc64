"""Requests counted in this process from the moment on at which the counts elsewhere cannot be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask_limiter import Limiter
from limits import RateLimitItem, WindowStats
from limits.strategies import RateLimiter

from kit.logging import get_logger

_T = TypeVar("_T")
_log = get_logger("limits")


class FallingBack(Limiter):
    """The package's own, with whom all requests go on that meet a store just gone.

    The package has the first of them go on, and those beside it answered with 500; so it does with whoever is
    counted once answered.
    """

    _either: RateLimiter | None = None

    @property
    def limiter(self) -> RateLimiter:
        """What counts a request."""
        there = super().limiter
        if there is self._fallback_limiter or self._fallback_limiter is None:
            return there
        self._either = self._either or _Either(there, self._fall_back)
        return self._either

    def _fall_back(self) -> RateLimiter:
        if not self._storage_dead:
            _log.warning("counted here while the counts elsewhere are away")
        self._storage_dead = True
        return super().limiter


class _Either(RateLimiter):
    """Counts by ``first``, and where its store is gone by what ``other`` gives."""

    def __init__(self, first: RateLimiter, other: Callable[[], RateLimiter]) -> None:
        super().__init__(first.storage)
        self._first = first
        self._other = other

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count one, and whether it may be."""
        return self._by(lambda one: one.hit(item, *identifiers, cost=cost))

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Whether one more may be."""
        return self._by(lambda one: one.test(item, *identifiers, cost=cost))

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """How many are left, and until when."""
        return self._by(lambda one: one.get_window_stats(item, *identifiers))

    def _by(self, count: Callable[[RateLimiter], _T]) -> _T:
        try:
            return count(self._first)
        except self.storage.base_exceptions:
            return count(self._other())
