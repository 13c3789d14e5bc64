"""What model calls add up to: a record for each assistant, month and model, its days within it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import ClassVar

from models.usage import Counts, UsageKey
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE, Scope
from repositories.values import Record

_NAMES = ("requests", "failed", "refused", "tokens_in", "tokens_out", "money")


class UsageRepository(Repository):
    """Fifty assistants' month is a few hundred records in a row, whatever they were asked."""

    collection: ClassVar[str] = "usage"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }

    def add(self, key: UsageKey, counts: Counts) -> None:
        """Count calls."""
        day = f"days.{key.day.day:02}"
        more = {f"{day}.{name}": n for name, n in zip(_NAMES, counts.values(), strict=True) if n}
        record_id = _id(key)
        if not more or self._update(WHOLE, record_id, {"$inc": more}):
            return
        record = {
            "_id": record_id,
            "assistant_id": key.assistant_id,
            "owner_id": key.owner_id,
            "month": key.month,
            "model": key.model,
            "end_user": key.user_id,
            "days": {},
        }
        with contextlib.suppress(Duplicate):  # another process was first
            self._insert(WHOLE, record)
        self._update(WHOLE, record_id, {"$inc": more})

    def read(self, scope: Scope, since: date, until: date) -> Iterator[tuple[UsageKey, Counts]]:
        """Usage within the scope by day, both days included, the oldest month first."""
        cursor, last = since.strftime("%Y%m"), until.strftime("%Y%m")
        while True:
            page = self._page(scope, limit=500, cursor=cursor, newest_first=False)
            for record in page.items:
                if record["month"] > last:
                    return
                yield from _days(record, since, until)
            cursor = page.next_cursor
            if not cursor:
                return

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Hand an assistant's usage to its new owner."""
        scope = Scope(assistant_id=assistant_id)
        for record in self._each(scope, fields=("_id", "month")):
            change = {"owner_id": owner_id, "month": record["month"]}  # the page key is made of both
            self._update(scope, record["_id"], {"$set": change})

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove an assistant's usage."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def _tail(self, record: Record) -> str:
        return f"{record['month']}:{record['_id']}"


class UserUsageRepository(UsageRepository):
    """The same for each end user: apart, so that nobody's contacts slow an assistant's month down."""

    collection: ClassVar[str] = "usage_by_user"

    def read_one(
        self, assistant_id: str, user_id: str, month: str, models: Iterable[str]
    ) -> Iterator[tuple[UsageKey, Counts]]:
        """An end user's month with an assistant, as far as these models answered."""
        first = date(int(month[:4]), int(month[4:]), 1)
        for model in models:
            key = UsageKey(assistant_id, "", first, model, user_id)
            record = self._get(Scope(assistant_id=assistant_id), _id(key))
            if record:
                yield from _days(record, first, date.max)


class TokenUsageRepository(UsageRepository):
    """The same for each personal token, whose id stands in the end user's place."""

    collection: ClassVar[str] = "usage_by_token"


def _id(key: UsageKey) -> str:
    names = [_short(key.model), *([_short(key.user_id)] if key.user_id else [])]
    return ":".join((key.assistant_id or key.owner_id, key.month, *names))


def _short(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _days(record: Record, since: date, until: date) -> Iterator[tuple[UsageKey, Counts]]:
    month = record["month"]
    for number, kept in sorted(record.get("days", {}).items()):
        day = date(int(month[:4]), int(month[4:]), int(number))
        if since <= day <= until:
            key = UsageKey(
                record["assistant_id"], record["owner_id"], day, record["model"], record.get("end_user", "")
            )
            yield key, Counts(*(int(kept.get(name, 0)) for name in _NAMES))
