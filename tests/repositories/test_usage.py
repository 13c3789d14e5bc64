from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from pymongo.database import Database

from kit.errors import Unavailable
from kit.ids import new_id
from models.chats import Tokens
from models.limits import Cost
from models.routing import Attempt
from models.usage import CallFilter, Counts, ModelCall, UsageKey
from repositories.model_calls import ModelCallRepository
from repositories.scope import WHOLE, Scope
from repositories.usage import TokenUsageRepository, UsageRepository, UserUsageRepository
from repositories.values import Record
from services.limits.keep_budgets import KeepBudgets
from services.usage.record_calls import RecordCalls
from services.usage.tidy_usage import TidyUsage
from services.usage.used_before import UsedBefore

NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
ONE = Counts(1, 0, 0, 11, 7, 5)


@pytest.fixture
def usage(database: Database[Record]) -> UsageRepository:
    return UsageRepository(database)


@pytest.fixture
def by_user(database: Database[Record]) -> UserUsageRepository:
    return UserUsageRepository(database)


@pytest.fixture
def calls(database: Database[Record]) -> ModelCallRepository:
    return ModelCallRepository(database)


def a_call(assistant_id: str, owner_id: str, **more: Any) -> ModelCall:
    values: dict[str, Any] = {
        "model": "m",
        "outcome": "answered",
        "user_id": "+55 13",
        "tokens": Tokens(11, 7),
        "money": 5,
        "attempts": (Attempt("m", "answered", 12),),
        "total_ms": 14,
    }
    return ModelCall(new_id(), NOW, assistant_id, owner_id, **{**values, **more})


def test_usage_adds_up_by_day_and_is_read_by_period(usage: UsageRepository) -> None:
    mine, theirs, owner = new_id(), new_id(), new_id()
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)]
    for day in days:
        usage.add(UsageKey(mine, owner, day, "m.2026-11-20 $x"), ONE)
    usage.add(UsageKey(theirs, new_id(), days[1], "m"), ONE)
    november = (date(2026, 11, 1), date(2026, 11, 30))
    found = [(key.day.day, key.model, counts) for key, counts in usage.read(Scope(owner_id=owner), *november)]

    assert found == [(1, "m.2026-11-20 $x", ONE + ONE), (30, "m.2026-11-20 $x", ONE)]
    assert len(list(usage.read(WHOLE, date(2026, 1, 1), date(2027, 1, 1)))) == 5
    assert len(list(usage.read(Scope(assistant_id=mine), date(2026, 10, 31), date(2026, 11, 1)))) == 2


def test_calls_come_back_as_they_were_and_are_filtered(calls: ModelCallRepository) -> None:
    assistant, owner = new_id(), new_id()
    first = a_call(assistant, owner, question="É?", response="É.", chat_id=new_id())
    second = a_call(assistant, owner, outcome="model_busy", model="2026-11-20")
    calls.add_all([first, second, a_call(new_id(), new_id())])
    calls.add_all([first, second])  # again, after an answer that was lost

    def found(scope: Scope, **wanted: Any) -> Sequence[ModelCall]:
        return calls.page(scope, CallFilter(**wanted), 10).items

    assert found(Scope(owner_id=owner)) == (second, first)
    assert found(Scope(assistant_id=assistant), model="2026-11-20") == (second,)
    assert found(WHOLE, outcome="model_busy", user_id="+55 13", since=NOW, until=NOW) == (second,)
    assert found(WHOLE, since=NOW + timedelta(seconds=1)) == ()
    calls.forget_texts_of_chat(assistant, first.chat_id)
    assert found(Scope(owner_id=owner))[1] == replace(first, question=None, response=None)


def test_old_calls_are_removed_and_younger_ones_stay(calls: ModelCallRepository) -> None:
    assistant = new_id()
    calls.add_all([replace(a_call(assistant, assistant), at=NOW - timedelta(days=n)) for n in (3, 2, 1, 0)])

    assert calls.delete_before(NOW - timedelta(days=1, hours=1)) == 2
    assert calls.count(WHOLE, CallFilter()) == 2


class Idle:
    """Has nothing to write and nothing to settle."""

    def flush(self) -> None: ...

    def settle_rest(self) -> None: ...

    def tidy(self, older_than: timedelta) -> None: ...


def test_the_request_log_is_kept_as_long_as_was_said_and_looked_through_once_an_hour(
    calls: ModelCallRepository,
) -> None:
    assistant, now = new_id(), [NOW]
    tidy = TidyUsage(
        record=cast("RecordCalls", Idle()),
        calls=calls,
        budgets=cast("KeepBudgets", Idle()),
        keep=timedelta(days=2),
        longest_call=timedelta(minutes=5),
        clock=lambda: now[0],
    )

    def left_after(hours: float) -> int:
        now[0] = NOW + timedelta(hours=hours)
        tidy.run()
        return calls.count(WHOLE, CallFilter())

    calls.add_all([replace(a_call(assistant, assistant), at=NOW - timedelta(days=n)) for n in (3, 2, 1, 0)])
    assert [left_after(hours) for hours in (0, 0.9, 1.1, 25.5, 49)] == [3, 3, 2, 1, 0]


def test_while_the_records_are_away_what_is_recorded_waits(
    calls: ModelCallRepository, usage: UsageRepository, by_user: UserUsageRepository
) -> None:
    class Away(UsageRepository):
        is_away = True

        def add(self, key: UsageKey, counts: Counts) -> None:
            if self.is_away:
                raise Unavailable
            super().add(key, counts)

    away, by_token = Away(usage._records.database), TokenUsageRepository(usage._records.database)
    record = RecordCalls(calls=calls, usage=away, by_user=by_user, by_token=by_token)
    assistant, token = new_id(), new_id()
    for user, key_id in (("ana", token), ("rui", ""), ("ana", token)):
        record.record(replace(a_call(assistant, assistant, user_id=user), key_id=key_id))
    with pytest.raises(Unavailable):
        record.flush()
    away.is_away = False
    record.flush()
    record.flush()
    used = UsedBefore(record=record, usage=usage, by_user=by_user, by_token=by_token)

    assert calls.count(Scope(assistant_id=assistant), CallFilter()) == 3
    assert used(assistant, "202611", "") == ({30: 54}, Cost(54, 15))
    assert used(assistant, "202611", "ana") == ({30: 36}, Cost(36, 10))
    assert used(assistant, "202612", "") == ({}, Cost())
    assert used(token, "202611", "") == ({30: 36}, Cost(36, 10))
