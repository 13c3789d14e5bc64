"""Assistants in the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from pymongo.database import Database

from models.assistants import Assistant, AssistantSettings, Language, Persona, Webhook
from models.catalogue import ProviderKey
from models.limits import Bounds, Limits, Over
from models.pages import Page
from repositories.base import Change, Filter, Repository
from repositories.scope import WHOLE, Scope
from repositories.values import Record, choice, maybe_moment, moment

_LIVE = {"deleted": False}

Part = TypeVar("Part", Persona, Limits, Bounds, Over)


class AssistantRepository(Repository):
    """One record an assistant; a deleted one stays, unseen, until all that belonged to it is gone."""

    collection: ClassVar[str] = "assistants"
    page_keys: ClassVar[Mapping[str, str]] = {"owner_id": "owner_page", "whole": "page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key_hash"})

    def __init__(self, database: Database[Record]) -> None:
        super().__init__(database)
        self._told: list[Callable[[], object]] = []

    def tell(self, changed: Callable[[], object]) -> None:
        """Have ``changed`` called after each write of this process, also one that may not have happened."""
        self._told.append(changed)

    def add(self, assistant: Assistant) -> None:
        """Keep a new assistant."""
        self._insert(Scope(owner_id=assistant.owner_id), _record(assistant))

    def get(self, scope: Scope, assistant_id: str) -> Assistant | None:
        """The assistant of this id within the scope, unless it is deleted."""
        record = self._get(scope, assistant_id, when=_LIVE)
        return _assistant(record) if record else None

    def by_id(self, assistant_id: str) -> Assistant | None:
        """The assistant of this id, whoever's, unless it is deleted."""
        return self.get(WHOLE, assistant_id)

    def by_key_hash(self, key_hash: str) -> Assistant | None:
        """The assistant whose key has this keyed hash, unless it is deleted."""
        record = self._by_key("key_hash", key_hash)
        return _assistant(record) if record and not record.get("deleted") else None

    def page(self, scope: Scope, limit: int, cursor: str = "") -> Page[Assistant]:
        """Assistants within the scope (an owner's, or the whole installation's), newest first."""
        return self._page(scope, limit=limit, cursor=cursor, match=_LIVE).map(_assistant)

    def count(self, scope: Scope) -> int:
        """How many assistants lie within the scope."""
        return self._count(scope, match=_LIVE)

    def by_ids(self, ids: list[str]) -> list[Assistant]:
        """The assistants of these ids, whoever's, that are not deleted, in this order."""
        return [_assistant(record) for record in self._by_ids(WHOLE, ids, match=_LIVE)]

    def owned_by(self, user_id: str) -> bool:
        """Whether a person owns any assistant."""
        return self._exists(Scope(owner_id=user_id), match=_LIVE)

    def update(self, assistant: Assistant) -> bool:
        """Write name, owner, settings and time of change; ``False`` when it was deleted meanwhile."""
        change = {
            "name": assistant.name,
            "owner_id": assistant.owner_id,
            "settings": asdict(assistant.settings),
            "webhook": asdict(assistant.webhook),
            "updatedAt": assistant.updated_at,
        }
        return self._update(WHOLE, assistant.id, {"$set": change}, when=_LIVE)

    def set_key(
        self,
        assistant: Assistant,
        key_hash: str,
        key_sealed: str,
        *,
        at: datetime,
        old_until: datetime | None,
    ) -> bool:
        """Give it another key, in one write; ``False`` when it has another key already, or was deleted."""
        change = {"key_hash": key_hash, "key_sealed": key_sealed, "old_key_until": old_until, "updatedAt": at}
        when = {**_LIVE, "key_hash": assistant.key_hash}
        return self._update(WHOLE, assistant.id, {"$set": change}, when=when)

    def set_old_key_until(self, assistant_id: str, until: datetime | None) -> None:
        """Note until when a key from before works."""
        self._update(WHOLE, assistant_id, {"$set": {"old_key_until": until}}, when=_LIVE)

    def begin_change(self, assistant_id: str, *changes: str) -> None:
        """Say, before the writes that do it, that its live chunks may be others from any moment on."""
        self._update(WHOLE, assistant_id, {"$addToSet": {"changing": {"$each": changes}}})

    def end_change(self, assistant_id: str, *changes: str) -> None:
        """Say that its live chunks are others now; once more does no harm."""
        ended: Change = {"$pull": {"changing": {"$in": changes}}, "$inc": {"knowledge_version": 1}}
        self._update(WHOLE, assistant_id, ended)

    def mark_deleted(self, assistant_id: str) -> bool:
        """Make it invisible and its key dead, at once; whether it was visible."""
        return self._update(WHOLE, assistant_id, {"$set": {"deleted": True}}, when=_LIVE)

    def marked_deleted(self) -> list[str]:
        """The ids of those whose deletion was begun."""
        return [record["_id"] for record in self._each(WHOLE, match={"deleted": True}, fields=("_id",))]

    def left_changing(self) -> dict[str, tuple[str, ...]]:
        """What is changing, by assistant, of all that have anything."""
        found = self._each(WHOLE, match=_LIVE, fields=("_id", "changing"))
        return {one["_id"]: tuple(one["changing"]) for one in found if one.get("changing")}

    def all_ids(self) -> list[str]:
        """The ids of all that are not deleted, oldest first; for the doctor alone."""
        return [record["_id"] for record in self._each(WHOLE, match=_LIVE, fields=("_id",))]

    def forget(self, assistant_id: str) -> None:
        """Remove the record of a deleted assistant, last of all."""
        self._delete(WHOLE, assistant_id, when={"deleted": True})

    def _update(self, scope: Scope, record_id: str, change: Change, *, when: Filter | None = None) -> bool:
        try:
            return super()._update(scope, record_id, change, when=when)
        finally:
            for changed in self._told:
                changed()


def _record(assistant: Assistant) -> Record:
    return {
        "_id": assistant.id,
        "owner_id": assistant.owner_id,
        "name": assistant.name,
        "key_hash": assistant.key_hash,
        "key_sealed": assistant.key_sealed,
        "settings": asdict(assistant.settings),
        "knowledge_version": assistant.knowledge_version,
        "changing": assistant.changing,
        "deleted": assistant.deleted,
        "is_npc": assistant.is_npc,
        "webhook": asdict(assistant.webhook),
        "old_key_until": assistant.old_key_until,
        "createdAt": assistant.created_at,
        "updatedAt": assistant.updated_at,
    }


def _assistant(record: Record) -> Assistant:
    return Assistant(
        id=record["_id"],
        owner_id=record["owner_id"],
        name=record["name"],
        key_hash=record["key_hash"],
        key_sealed=record["key_sealed"],
        created_at=moment(record["createdAt"]),
        updated_at=moment(record["updatedAt"]),
        settings=_settings(record.get("settings", {})),
        knowledge_version=int(record.get("knowledge_version", 0)),
        changing=tuple(record.get("changing", ())),
        deleted=bool(record.get("deleted", False)),
        is_npc=bool(record.get("is_npc", False)),
        webhook=Webhook(**record.get("webhook", {})),
        old_key_until=maybe_moment(record.get("old_key_until")),
    )


def _settings(record: Record) -> AssistantSettings:
    known = _known(AssistantSettings, record)
    known["fallback_models"] = tuple(known.get("fallback_models", ()))
    known["provider_keys"] = tuple(
        ProviderKey(**_known(ProviderKey, one)) for one in known.get("provider_keys", ())
    )
    known["language"] = choice(known.get("language", ""), Language.AUTO)
    known["has_scratchpad"] = bool(known.get("has_scratchpad", False))
    known["answer_cache"] = bool(known.get("answer_cache", False))
    known["opt_out_words"] = bool(known.get("opt_out_words", True))
    known["answer_cache_similarity"] = float(known.get("answer_cache_similarity", 0.97))
    known["persona"] = _part(Persona, known["persona"]) if known.get("persona") else None
    known["limits"] = _limits(known.get("limits", {}))
    return AssistantSettings(**known)


def _limits(record: Record) -> Limits:
    user, over = record.get("user"), record.get("over")
    return _part(
        Limits,
        {
            **record,
            "user": _part(Bounds, user) if user else None,
            "over": _part(Over, over) if over else None,
        },
    )


def _part(kind: type[Part], record: Record) -> Part:
    return kind(**_known(kind, record))


def _known(kind: type[Any], record: Record) -> dict[str, Any]:
    """What this version knows of; the rest was written by a newer one, what lacks has its default."""
    return {one.name: record[one.name] for one in fields(kind) if one.name in record}
