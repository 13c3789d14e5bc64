"""What budgets have come to: one record a month for each assistant, and for each end user that has bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from models.limits import Bound, Budget, Cost, LimitName
from repositories.base import Change, Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE, Scope
from repositories.values import Record

DAYS = range(1, 32)


class BudgetRepository(Repository):
    """Reserving and settling are one conditional write each: of many at once, none passes a bound.

    A record's id is ``<assistant>:<month>``, with ``:<user key>`` behind it for an end user's; it is made
    before the first reservation, for the embedded engine inserts nothing by an update.
    """

    collection: ClassVar[str] = "budgets"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}

    def open(self, budget: Budget) -> bool:
        """Begin a month with what was used of it before; ``False`` when it is begun already."""
        record = {
            "_id": _id(budget.assistant_id, budget.month, budget.user_key),
            "assistant_id": budget.assistant_id,
            "user_key": budget.user_key,
            "month": budget.month,
            "tokens": budget.spent.tokens,
            "money": budget.spent.money,
            "open": {},
            "warned": {},
            **{_day(day): (budget.days or {}).get(day, 0) for day in DAYS},
        }
        try:
            self._insert(Scope(assistant_id=budget.assistant_id), record)
        except Duplicate:
            return False
        return True

    def get(self, assistant_id: str, month: str, user_key: str = "") -> Budget | None:
        """A month so far."""
        record = self._get(Scope(assistant_id=assistant_id), _id(assistant_id, month, user_key))
        return _budget(record) if record else None

    def reserve(
        self, budget: Budget, day: int, bounds: Sequence[Bound], reservation_id: str, cost: Cost, at: datetime
    ) -> bool:
        """Take ``cost`` out of every bound, or out of none; ``False`` when one has not that much left."""
        when = {
            _field(bound.name, day): {"$lte": bound.most - cost.of(bound.name)}
            for bound in bounds
            if cost.of(bound.name)  # what costs nothing goes on when the money is used up
        }
        change: Change = {
            "$inc": _amounts(cost, day),
            "$set": {f"open.{reservation_id}": [cost.tokens, cost.money, day, at]},
        }
        return self._changed(budget, change, when)

    def settle(self, budget: Budget, day: int, reservation_id: str, more: Cost) -> bool:
        """Add ``more`` (mostly less than nothing) to what was reserved; ``False`` when it is settled already."""
        change: Change = {"$inc": _amounts(more, day), "$unset": {f"open.{reservation_id}": ""}}
        return self._changed(budget, change, {f"open.{reservation_id}": {"$exists": True}})

    def add(self, budget: Budget, days: Mapping[int, int], more: Cost) -> None:
        """Count what was used beside it."""
        change = {"tokens": more.tokens, "money": more.money, **{_day(day): n for day, n in days.items()}}
        self._changed(budget, {"$inc": change}, {})

    def warn(self, budget: Budget, name: LimitName, day: int) -> bool:
        """Note that its owner is warned; ``False`` when they have been, in this window."""
        field = f"warned.{_field(name, day)}"
        return self._changed(budget, {"$set": {field: True}}, {field: {"$exists": False}})

    def let_go(self, month: str, before: datetime) -> int:
        """Forget reservations whose calls ended with their process. What they reserved stays used."""
        gone, latest = 0, _millis(before)
        for record in self._sweep("month", month):
            left = [name for name, kept in record.get("open", {}).items() if kept[3] < latest]
            if left:
                change: Change = {"$unset": {f"open.{name}": "" for name in left}}
                gone += len(left) if self._changed(_budget(record), change, {}) else 0
        return gone

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every month of an assistant and of its users."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_month(self, month: str) -> int:
        """Remove a month that is long over, of everybody."""
        return sum(self._delete(WHOLE, record["_id"]) for record in self._sweep("month", month))

    def _changed(self, budget: Budget, change: Change, when: Mapping[str, Any]) -> bool:
        scope = Scope(assistant_id=budget.assistant_id)
        return self._update(scope, _id(budget.assistant_id, budget.month, budget.user_key), change, when=when)


def _id(assistant_id: str, month: str, user_key: str) -> str:
    return f"{assistant_id}:{month}:{user_key}" if user_key else f"{assistant_id}:{month}"


def _day(day: int) -> str:
    return f"d{day:02}"


def _field(name: LimitName, day: int) -> str:
    if name is LimitName.TOKENS_PER_DAY:
        return _day(day)
    return "money" if name is LimitName.MONEY_PER_MONTH else "tokens"


def _amounts(cost: Cost, day: int) -> dict[str, int]:
    return {"tokens": cost.tokens, _day(day): cost.tokens, "money": cost.money}


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _budget(record: Record) -> Budget:
    return Budget(
        assistant_id=record["assistant_id"],
        month=record["month"],
        user_key=record["user_key"],
        spent=Cost(int(record["tokens"]), int(record["money"])),
        days={day: int(record[_day(day)]) for day in DAYS if record.get(_day(day))},
        open={name: Cost(int(kept[0]), int(kept[1])) for name, kept in record.get("open", {}).items()},
    )
