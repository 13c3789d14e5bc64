"""Tell an assistant's webhook that a budget is near its end."""

from __future__ import annotations

from kit.clock import rfc3339
from kit.errors import AppError
from kit.logging import get_logger
from models.deliveries import Event
from models.limits import BudgetWarning
from services.delivery.announce_event import AnnounceEvent

_log = get_logger("deliveries")


class WarnOfBudget:
    """Announces each warning once in its window; a turn never fails for it."""

    def __init__(self, *, announce: AnnounceEvent) -> None:
        self._announce = announce

    def warn(self, warning: BudgetWarning) -> None:
        """Keep the event; what the records refuse is logged."""
        told = {
            "limit": warning.limit,
            "used": warning.used,
            "allowed": warning.allowed,
            "resets_at": rfc3339(warning.resets_at),
            "user_id": warning.user_id or None,
        }
        once = f"{warning.limit}:{warning.resets_at.timestamp():.0f}:{warning.user_id}"
        try:
            self._announce.announce(warning.assistant_id, Event.BUDGET_WARNING, told, once=once)
        except AppError as problem:
            _log.warning("budget warning lost", assistant_id=warning.assistant_id, code=problem.error_code)
