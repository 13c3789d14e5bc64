"""Assistants' keys from before a rotation, while they work beside the new one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import Scope
from repositories.values import moment


class OldKeyRepository(Repository):
    """One record a key, under its keyed hash."""

    collection: ClassVar[str] = "old_keys"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}

    def put(self, assistant_id: str, key_hash: str, until: datetime) -> None:
        """Let a key work until then, instead of what was said of it before."""
        scope = Scope(assistant_id=assistant_id)
        try:
            self._insert(scope, {"_id": key_hash, "assistant_id": assistant_id, "until": until})
        except Duplicate:
            self._update(scope, key_hash, {"$set": {"until": until}})

    def assistant_of(self, key_hash: str, now: datetime) -> str:
        """The id of the assistant whose old key this is, if it works still; else nothing."""
        record = self._by_key("_id", key_hash)
        return str(record["assistant_id"]) if record and moment(record["until"]) > now else ""

    def latest(self, assistant_id: str) -> datetime | None:
        """Until when the last of an assistant's old keys works."""
        return max(
            (moment(one["until"]) for one in self._each(Scope(assistant_id=assistant_id))), default=None
        )

    def delete_outdated(self, assistant_id: str, now: datetime) -> int:
        """Remove an assistant's keys that are over."""
        return self._delete_all(Scope(assistant_id=assistant_id), match={"until": {"$lte": now}})

    def delete_all_of(self, assistant_id: str) -> int:
        """End every old key of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))
