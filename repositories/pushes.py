"""Pushes and their contacts in the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from models.jobs import JobState, OpenJob
from models.pages import Page
from models.pushes import Outcome, Push, PushContact, PushFilter, PushStatus
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import Scope
from repositories.values import Record, choice, maybe_moment, moment

OPEN, OVER = "open", "over"


class PushRepository(Repository):
    """One record a push."""

    collection: ClassVar[str] = "pushes"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }

    def add(self, push: Push) -> None:
        """Keep a new push."""
        self._insert(Scope(assistant_id=push.assistant_id), _record(push))

    def get_any(self, push_id: str) -> Push | None:
        """The push of this id, whoever's: who asks has yet to be shown its assistant."""
        record = self._by_key("_id", push_id)
        return _push(record) if record else None

    def page(self, scope: Scope, limit: int, cursor: str = "") -> Page[Push]:
        """Pushes within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor).map(_push)

    def count(self, scope: Scope) -> int:
        """How many pushes lie within the scope."""
        return self._count(scope)

    def open_pushes(self) -> list[Push]:
        """Every push of the installation that is not over, oldest first; for background work alone."""
        return [_push(record) for record in self._sweep("work", OPEN)]

    def open_work(self, now: datetime, limit: int) -> list[OpenJob]:
        """Those of the installation that are not over, as far as they are counted."""
        found = self._some("work", OPEN, limit, ("status", "at", "createdAt"))
        return [_open_job(record, now) for record in found]

    def write(self, push: Push) -> bool:
        """Write how far it has come; ``False`` when it is over (cancelled, say) or gone."""
        record = _record(push)
        names = ("status", "error", "work", "collected", "total", "sent", "opted_out", "gone", "cursor")
        change = {name: record[name] for name in (*names, "finishedAt")}
        return self._update(
            Scope(assistant_id=push.assistant_id), push.id, {"$set": change}, when={"work": OPEN}
        )

    def cancel(self, push: Push, at: datetime) -> bool:
        """Let nothing more of it go out; ``False`` when it is over already."""
        change = {"status": PushStatus.CANCELLED, "work": OVER, "finishedAt": at}
        return self._update(
            Scope(assistant_id=push.assistant_id), push.id, {"$set": change}, when={"work": OPEN}
        )

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        self._hand_over(assistant_id, owner_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every push of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


class PushContactRepository(Repository):
    """One record for each contact of a push, and no second one: its id is made of both."""

    collection: ClassVar[str] = "push_contacts"
    page_keys: ClassVar[Mapping[str, str]] = {
        "push_id": "push_page",
        "assistant_id": "assistant_page",
    }

    def add(self, contacts: Sequence[PushContact]) -> None:
        """Write contacts down; those that are stay as they are."""
        if not contacts:
            return
        scope = Scope(push_id=contacts[0].push_id)
        try:
            self._insert_many(scope, [_contact_record(one) for one in contacts])
        except Duplicate:
            for one in contacts:
                with suppress(Duplicate):
                    self._insert(scope, _contact_record(one))

    def page(self, push: Push, limit: int, cursor: str = "") -> Page[PushContact]:
        """A push's contacts, in the order in which it goes out."""
        scope = Scope(push_id=push.id, assistant_id=push.assistant_id)
        return self._page(scope, limit=limit, cursor=cursor, newest_first=False).map(_contact)

    def count(self, push: Push) -> int:
        """How many contacts a push has."""
        return self._count(Scope(push_id=push.id, assistant_id=push.assistant_id))

    def settle(self, contact: PushContact, outcome: Outcome, at: datetime, *, was: Outcome) -> bool:
        """Write what becomes of a contact, if that stands where it did."""
        change = {"outcome": outcome, "updatedAt": at}
        return self._update(
            Scope(push_id=contact.push_id), _id(contact), {"$set": change}, when={"outcome": was}
        )

    def cancel_waiting(self, push: Push, at: datetime) -> int:
        """Leave out every contact whose turn has not come; how many there were."""
        change = {"$set": {"outcome": Outcome.CANCELLED, "updatedAt": at}}
        scope = Scope(push_id=push.id, assistant_id=push.assistant_id)
        return self._update_all(scope, change, match={"outcome": Outcome.WAITING})

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove the contacts of every push of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _record(push: Push) -> Record:
    return {
        "_id": push.id,
        "assistant_id": push.assistant_id,
        "owner_id": push.owner_id,
        "text": push.text,
        "guide": push.guide_id,
        "filter": asdict(push.filter),
        "at": push.at,
        "createdAt": push.created_at,
        "created_by": push.created_by,
        "status": push.status,
        "work": OVER if push.is_over else OPEN,
        "error": push.error,
        "collected": push.collected,
        "total": push.total,
        "sent": push.sent,
        "opted_out": push.opted_out,
        "gone": push.gone,
        "cursor": push.cursor,
        "finishedAt": push.finished_at,
    }


def _push(record: Record) -> Push:
    return Push(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        owner_id=record["owner_id"],
        text=record["text"],
        guide_id=record["guide"],
        filter=_filter(record["filter"]),
        at=moment(record["at"]),
        created_at=moment(record["createdAt"]),
        created_by=record["created_by"],
        status=choice(record["status"], PushStatus.FAILED),
        error=record["error"],
        collected=bool(record["collected"]),
        total=int(record["total"]),
        sent=int(record["sent"]),
        opted_out=int(record["opted_out"]),
        gone=int(record["gone"]),
        cursor=record["cursor"],
        finished_at=maybe_moment(record["finishedAt"]),
    )


def _filter(record: Mapping[str, Any]) -> PushFilter:
    return PushFilter(
        chat_ids=tuple(record["chat_ids"]),
        message_service=record["message_service"],
        since=maybe_moment(record["since"]),
        until=maybe_moment(record["until"]),
        active=record["active"],
    )


def _id(contact: PushContact) -> str:
    return f"{contact.push_id}{contact.chat_id}"


def _contact_record(contact: PushContact) -> Record:
    return {
        "_id": _id(contact),
        "push_id": contact.push_id,
        "assistant_id": contact.assistant_id,
        "chat_id": contact.chat_id,
        "message": contact.message_id,
        "outcome": contact.outcome,
        "updatedAt": contact.updated_at,
    }


def _contact(record: Record) -> PushContact:
    return PushContact(
        push_id=record["push_id"],
        assistant_id=record["assistant_id"],
        chat_id=record["chat_id"],
        message_id=record["message"],
        outcome=choice(record["outcome"], Outcome.WAITING),
        updated_at=maybe_moment(record["updatedAt"]),
    )


def _open_job(record: Record, now: datetime) -> OpenJob:
    at = moment(record["at"])
    if record["status"] == PushStatus.RUNNING:
        return OpenJob(JobState.RUNNING, at)
    return (
        OpenJob(JobState.WAITING, at) if at <= now else OpenJob(JobState.LATER, moment(record["createdAt"]))
    )
