"""Guides and their versions in the records."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import ClassVar

from models.guides import Guide, GuideVariable, VariableType
from models.pages import Page
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import Scope
from repositories.values import Record, choice, moment


class GuideRepository(Repository):
    """One record a guide, as it is now."""

    collection: ClassVar[str] = "guides"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }

    def add(self, guide: Guide) -> None:
        """Keep a new guide."""
        self._insert(Scope(assistant_id=guide.assistant_id), {**_record(guide), "_id": guide.id})

    def get_any(self, guide_id: str) -> Guide | None:
        """The guide of this id, whoever's: who asks has yet to be shown its assistant."""
        record = self._by_key("_id", guide_id)
        return _guide(record, guide_id) if record else None

    def get(self, assistant_id: str, guide_id: str) -> Guide | None:
        """The assistant's guide of this id."""
        record = self._get(Scope(assistant_id=assistant_id), guide_id)
        return _guide(record, guide_id) if record else None

    def page(self, scope: Scope, limit: int, cursor: str = "") -> Page[Guide]:
        """Guides within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor).map(lambda one: _guide(one, one["_id"]))

    def count(self, scope: Scope) -> int:
        """How many guides lie within the scope."""
        return self._count(scope)

    def update(self, guide: Guide, *, was_version: int) -> bool:
        """Write the next version; ``False`` when another one did, or the guide is gone."""
        change = _record(guide)
        for fixed in ("assistant_id", "owner_id", "createdAt"):
            del change[fixed]
        scope = Scope(assistant_id=guide.assistant_id)
        return self._update(scope, guide.id, {"$set": change}, when={"version": was_version})

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        self._hand_over(assistant_id, owner_id)

    def delete(self, guide: Guide) -> bool:
        """Remove a guide; whether it was there."""
        return self._delete(Scope(assistant_id=guide.assistant_id), guide.id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every guide of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


class GuideVersionRepository(Repository):
    """One record for each version of a guide that was followed by another."""

    collection: ClassVar[str] = "guide_versions"
    page_keys: ClassVar[Mapping[str, str]] = {"guide_id": "guide_page", "assistant_id": "assistant_page"}

    def keep(self, guide: Guide) -> None:
        """Keep a version; again is the same."""
        record = {**_record(guide), "_id": _version_id(guide.id, guide.version), "guide_id": guide.id}
        with suppress(Duplicate):
            self._insert(Scope(assistant_id=guide.assistant_id), record)

    def get(self, guide: Guide, version: int) -> Guide | None:
        """The guide as it was in this version."""
        record = self._get(_of(guide), _version_id(guide.id, version))
        return _guide(record, guide.id) if record else None

    def page(self, guide: Guide, limit: int, cursor: str = "") -> Page[Guide]:
        """Versions of a guide before the one it has now, newest first."""
        cursor = cursor or _version_id(guide.id, guide.version)
        return self._page(_of(guide), limit=limit, cursor=cursor).map(lambda one: _guide(one, guide.id))

    def delete_of(self, guide: Guide) -> int:
        """Remove every version of a guide."""
        return self._delete_all(_of(guide))

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every version of an assistant's guides."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _of(guide: Guide) -> Scope:
    return Scope(guide_id=guide.id, assistant_id=guide.assistant_id)


def _version_id(guide_id: str, version: int) -> str:
    return f"{guide_id}{version:08}"


def _record(guide: Guide) -> Record:
    return {
        "assistant_id": guide.assistant_id,
        "owner_id": guide.owner_id,
        "name": guide.name,
        "body": guide.body,
        "variables": [asdict(one) for one in guide.variables],
        "version": guide.version,
        "changed_by": guide.changed_by,
        "changed_by_name": guide.changed_by_name,
        "createdAt": guide.created_at,
        "updatedAt": guide.updated_at,
    }


def _guide(record: Record, guide_id: str) -> Guide:
    return Guide(
        id=guide_id,
        assistant_id=record["assistant_id"],
        owner_id=record["owner_id"],
        name=record["name"],
        body=record["body"],
        variables=tuple(_variable(one) for one in record["variables"]),
        version=int(record["version"]),
        created_at=moment(record["createdAt"]),
        updated_at=moment(record["updatedAt"]),
        changed_by=record.get("changed_by", ""),
        changed_by_name=record.get("changed_by_name", ""),
    )


def _variable(record: Record) -> GuideVariable:
    return GuideVariable(
        name=record["name"],
        label=record["label"],
        required=bool(record["required"]),
        default=record["default"],
        type=choice(record["type"], VariableType.TEXT),
        choices=tuple(record["choices"]),
    )
