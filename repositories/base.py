"""The one way to the records: every filter and every write is built from a scope.

A list is read by its *page key*, one indexed string ``<parent's id>:<the record's id>`` that
``Repository`` keeps itself: on the embedded engine (nx-27017) a range over one indexed string is the
only way to a part of a collection without a scan. What that engine gets wrong (upserts, returned
documents, array positions) is not offered; ``docs/adr/0002-records.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from models.pages import Page
from repositories.errors import database_errors
from repositories.scope import SCOPE_FIELDS, WHOLE, Scope
from repositories.values import Record, condition, equal_to, stored

# 0.1 ms a record on the one thread of the embedded engine: others wait no longer than 20 ms.
BATCH = 200
UPDATES = frozenset({"$set", "$unset", "$inc", "$min", "$max", "$push", "$pull", "$addToSet"})
_SEVERAL = {"$addToSet": "$each", "$pull": "$in"}

Filter = Mapping[str, Any]
Change = Mapping[str, Mapping[str, Any]]


class Repository:
    """Reads and writes one collection, always within a ``Scope``.

    ``page_keys`` maps the field of a scope (``"whole"`` for the whole installation) to the indexed field
    by which its records are listed. ``unique_keys`` are the fields that name one record by themselves.
    Every call raises ``Unavailable`` while the database cannot be reached; a write then may or may not
    have happened. Reads are tried again once by the driver (``retryReads``), writes never.
    """

    collection: ClassVar[str]
    page_keys: ClassVar[Mapping[str, str]] = {}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id"})

    def __init__(self, database: Database[Record]) -> None:
        self._records = database[self.collection]

    # One record

    def _get(self, scope: Scope, record_id: str, *, when: Filter | None = None) -> Record | None:
        """The record of this id, if it lies within the scope (and fits ``when``)."""
        with database_errors():
            return self._records.find_one(self._named(scope, record_id, when))

    def _by_key(self, key: str, value: str) -> Record | None:
        """The one record whose unique key has this value, whoever's it is."""
        if key not in self.unique_keys:
            raise ValueError(f"{key} does not name one record of {self.collection}")
        with database_errors():
            return self._records.find_one({key: equal_to(value)})

    def _insert(self, scope: Scope, record: Record) -> None:
        """Add a record; ``Duplicate`` when its id or another unique key is taken."""
        complete = self._complete(scope, record)
        with database_errors():
            self._records.insert_one(complete)

    def _insert_many(self, scope: Scope, records: Sequence[Record]) -> None:
        """Add records, in batches; ``Duplicate`` when one is there, and those before it are kept."""
        complete = [self._complete(scope, record) for record in records]
        for start in range(0, len(complete), BATCH):
            with database_errors():
                self._records.insert_many(complete[start : start + BATCH])

    def _update(self, scope: Scope, record_id: str, change: Change, *, when: Filter | None = None) -> bool:
        """Change one record; whether it was there, in scope, and fitted ``when`` at that moment.

        One atomic step: of several callers whose change makes ``when`` untrue, exactly one gets ``True``.
        """
        with database_errors():
            result = self._records.update_one(
                self._named(scope, record_id, when), self._change(change, record_id)
            )
        return result.matched_count == 1

    def _delete(self, scope: Scope, record_id: str, *, when: Filter | None = None) -> bool:
        """Remove one record; whether it was there."""
        with database_errors():
            return self._records.delete_one(self._named(scope, record_id, when)).deleted_count == 1

    # Several records

    def _page(
        self,
        scope: Scope,
        *,
        limit: int,
        cursor: str = "",
        match: Filter | None = None,
        newest_first: bool = True,
        fields: Sequence[str] = (),
    ) -> Page[Record]:
        """Records within the scope, by page key; ``cursor`` is the ``next_cursor`` of the page before."""
        key, parent, rest = self._page_key(scope)
        low, high = f"{parent}:", f"{parent};"  # ';' follows ':'
        if cursor and newest_first:
            between = {"$gte": low, "$lt": low + cursor}
        else:
            between = {"$gt": low + cursor, "$lt": high}
        conditions = {key: condition(between), **rest, **self._match(match, key, *rest)}
        found = self._found(conditions, (key, DESCENDING if newest_first else ASCENDING), limit + 1, fields)
        more = len(found) > limit
        return Page(tuple(found[:limit]), found[limit - 1][key].removeprefix(low) if more else "")

    def _each(
        self, scope: Scope, *, match: Filter | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """Every record within the scope, oldest first, read a batch at a time."""
        cursor = ""
        while True:
            page = self._page(
                scope, limit=BATCH, cursor=cursor, match=match, newest_first=False, fields=fields
            )
            yield from page.items
            cursor = page.next_cursor
            if not cursor:
                return

    def _by_ids(self, scope: Scope, ids: Sequence[str], *, match: Filter | None = None) -> list[Record]:
        """Those of the records that are within the scope, in the order of ``ids``."""
        found: dict[str, Record] = {}
        for start in range(0, len(ids), BATCH):
            conditions = self._conditions(scope, {"_id": {"$in": list(ids[start : start + BATCH])}}, match)
            found.update((record["_id"], record) for record in self._found(conditions, None, 0, ()))
        return [found[one] for one in ids if one in found]

    def _exists(self, scope: Scope, *, match: Filter | None = None) -> bool:
        """Whether any record lies within the scope."""
        return bool(self._page(scope, limit=1, match=match, fields=("_id",)).items)

    def _count(self, scope: Scope, *, match: Filter | None = None) -> int:
        """How many there are. Reads them all: only where a person asked for the number."""
        return sum(1 for _ in self._each(scope, match=match, fields=("_id",)))

    def _update_these(
        self, scope: Scope, ids: Sequence[str], change: Change, *, match: Filter | None = None
    ) -> int:
        """Change those of a few records that are within the scope (and fit ``match``); how many that were.

        Each by itself is changed in one step, all of them are not.
        """
        conditions = self._conditions(scope, {"_id": {"$in": list(ids)}}, match)
        with database_errors():
            return self._records.update_many(conditions, self._change(change)).matched_count

    def _update_all(self, scope: Scope, change: Change, *, match: Filter | None = None) -> int:
        """Change every record within the scope, a batch at a time; how many were there."""
        changed = 0
        for ids in self._batches(scope, match):
            changed += self._update_these(scope, ids, change, match=match)
        return changed

    def _hand_over(self, assistant_id: str, owner_id: str) -> None:
        """Give an assistant's records to its new owner, one by one: the page keys are made of owner and record."""
        scope = Scope(assistant_id=assistant_id)
        for record in self._each(scope, fields=("_id",)):
            self._update(scope, record["_id"], {"$set": {"owner_id": owner_id}})

    def _delete_all(self, scope: Scope, *, match: Filter | None = None) -> int:
        """Remove every record within the scope, a batch at a time; how many there were."""
        removed = 0
        for ids in self._batches(scope, match):
            conditions = self._conditions(scope, {"_id": {"$in": ids}}, match)
            with database_errors():
                removed += self._records.delete_many(conditions).deleted_count
        return removed

    def _sweep(self, field: str, value: str, *, match: Filter | None = None) -> list[Record]:
        """All records of the installation whose indexed ``field`` has this value, by id; for sweeps alone."""
        return self._found(self._conditions(WHOLE, {field: value}, match), ("_id", ASCENDING), 0, ())

    def _some(self, field: str, value: str, limit: int, fields: Sequence[str]) -> list[Record]:
        """As ``_sweep``, but at most ``limit`` of them as the index has them: those that were added first."""
        return self._found(self._conditions(WHOLE, {field: value}, None), None, limit, fields)

    # What a subclass may say of its records

    def _tail(self, record: Record) -> str:
        """What orders a record among its parent's: its id, which begins with the time it was made."""
        return str(record["_id"])

    # Filters and changes

    def _named(self, scope: Scope, record_id: str, when: Filter | None) -> Record:
        return self._conditions(scope, {"_id": record_id}, when)

    def _conditions(self, scope: Scope, first: Filter, match: Filter | None) -> Record:
        """A filter that begins with ``first``, the condition that an index serves."""
        return {
            **{field: condition(value) for field, value in first.items()},
            **scope.bounds,
            **self._match(match, *first),
        }

    def _match(self, match: Filter | None, *taken: str) -> Record:
        conditions = {field: condition(value) for field, value in (match or {}).items()}
        for field in conditions:
            if field in taken or field in SCOPE_FIELDS or field.startswith("$"):
                raise ValueError(f"{field} is the scope's business, or no field at all")
        return conditions

    def _page_key(self, scope: Scope) -> tuple[str, str, dict[str, str]]:
        """The page key of the narrowest bound that has one, its value, and the bounds beside it."""
        bounds = scope.bounds or {"whole": ""}
        for field, parent in bounds.items():
            if field in self.page_keys:
                return self.page_keys[field], parent, {n: v for n, v in scope.bounds.items() if n != field}
        raise ValueError(f"{self.collection} are not listed by {', '.join(bounds)}")

    def _found(
        self, conditions: Record, sort: tuple[str, int] | None, limit: int, fields: Sequence[str]
    ) -> list[Record]:
        wanted = None if not fields else dict.fromkeys((*fields, *([sort[0]] if sort else [])), 1)
        with database_errors():
            found = self._records.find(conditions, wanted, limit=limit)
            if sort:
                found = found.sort(*sort)
            # All in one answer: a second round trip would end on a server that was restarted between.
            return list(found.batch_size(max(limit, BATCH)))

    def _batches(self, scope: Scope, match: Filter | None) -> Iterator[list[str]]:
        cursor = ""
        while True:
            page = self._page(
                scope, limit=BATCH, cursor=cursor, match=match, newest_first=False, fields=("_id",)
            )
            if page.items:
                yield [record["_id"] for record in page.items]
            cursor = page.next_cursor
            if not cursor:
                return

    def _complete(self, scope: Scope, record: Record) -> Record:
        if not scope.admits(record):
            raise ValueError(f"a record of {self.collection} lies outside its scope")
        complete: Record = stored(record)
        for field, key in self.page_keys.items():
            complete[key] = f"{'' if field == 'whole' else complete[field]}:{self._tail(complete)}"
        return complete

    def _change(self, change: Change, record_id: str = "") -> Record:
        """The update as it is sent; a record that gets another parent gets its page key too."""
        if not change or not set(change) <= UPDATES:
            raise ValueError(f"an update is made of {', '.join(sorted(UPDATES))}")
        update = {operator: _changed(fields, operator) for operator, fields in change.items()}
        fields = update.get("$set", {})
        for field in fields.keys() & self.page_keys.keys():
            if not record_id:
                raise ValueError(f"{field} is changed one record at a time")
            fields[self.page_keys[field]] = f"{fields[field]}:{self._tail({**fields, '_id': record_id})}"
        return update


def _changed(fields: Mapping[str, Any], operator: str) -> Record:
    if any("$" in name for name in fields):
        raise ValueError("an array is changed as a whole: the embedded engine knows no positions")
    return {name: _new_value(value, name, _SEVERAL.get(operator, "")) for name, value in fields.items()}


def _new_value(value: Any, name: str, several: str) -> Any:
    """As it is sent; ``several`` is how the operator is given more than one."""
    if isinstance(value, Mapping) and list(value) == [several]:
        return {several: stored(value[several], name)}
    return stored(value, name)
