"""What was used in a month so far: for a budget that is set in the middle of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from models.limits import Cost
from models.usage import Counts, UsageKey
from repositories.scope import WHOLE, Scope
from repositories.usage import TokenUsageRepository, UsageRepository, UserUsageRepository
from services.usage.record_calls import RecordCalls


class UsedBefore:
    """Adds up what is recorded."""

    def __init__(
        self,
        *,
        record: RecordCalls,
        usage: UsageRepository,
        by_user: UserUsageRepository,
        by_token: TokenUsageRepository,
    ) -> None:
        self._record = record
        self._by_token = by_token
        self._usage = usage
        self._by_user = by_user

    def __call__(self, assistant_id: str, month: str, user_id: str) -> tuple[Mapping[int, int], Cost]:
        """Tokens by day, and all that was spent, by an assistant or (where one is named) its end user.

        Also by a personal token, whose id then stands in the assistant's place.
        """
        self._record.flush()
        first = date(int(month[:4]), int(month[4:]), 1)
        of_month = list(self._usage.read(Scope(assistant_id=assistant_id), first, _last(first)))
        if user_id:
            models = {key.model for key, _ in of_month}
            return _summed(self._by_user.read_one(assistant_id, user_id, month, models))
        if not of_month:
            used = self._by_token.read(WHOLE, first, _last(first))
            of_month = [(key, counts) for key, counts in used if key.user_id == assistant_id]
        return _summed(of_month)


def _last(first: date) -> date:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _summed(used: Iterable[tuple[UsageKey, Counts]]) -> tuple[Mapping[int, int], Cost]:
    days: dict[int, int] = {}
    spent = Cost()
    for key, counts in used:
        tokens = counts.tokens_in + counts.tokens_out
        days[key.day.day] = days.get(key.day.day, 0) + tokens
        spent += Cost(tokens, counts.money)
    return days, spent
