"""Write what waits, and remove what the request log has kept long enough, and what budgets do not need any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.clock import Clock
from repositories.model_calls import ModelCallRepository
from services.limits.keep_budgets import KeepBudgets
from services.usage.record_calls import RecordCalls

EVERY = timedelta(hours=1)


class TidyUsage:
    """What is old is looked for at most once an hour, however often it is asked."""

    def __init__(
        self,
        *,
        record: RecordCalls,
        calls: ModelCallRepository,
        budgets: KeepBudgets,
        keep: timedelta,
        longest_call: timedelta,
        clock: Clock,
    ) -> None:
        self._record = record
        self._calls = calls
        self._budgets = budgets
        self._keep = keep
        self._longest_call = longest_call
        self._clock = clock
        self._not_before: datetime | None = None

    def run(self) -> None:
        """Write and settle what waits for it, and once an hour remove what is old."""
        self._record.flush()
        self._budgets.settle_rest()
        now = self._clock()
        if self._not_before is not None and now < self._not_before:
            return
        self._calls.delete_before(now - self._keep)
        self._budgets.tidy(self._longest_call)
        self._not_before = now + EVERY
