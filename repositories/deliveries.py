"""Events for webhooks in the records, from before their first attempt until long after the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from models.deliveries import Delivery, DeliveryStatus, Event
from models.jobs import JobState, OpenJob
from models.pages import Page
from repositories.base import Change, Repository
from repositories.scope import WHOLE, Scope
from repositories.values import Record, choice, maybe_moment, moment, stored


@dataclass(frozen=True)
class Due:
    """A delivery whose time has come."""

    id: str
    assistant_id: str


class DeliveryRepository(Repository):
    """One record a delivery.

    ``due`` is one indexed string: ``due:<milliseconds>`` while there is something to be done,
    ``done:<milliseconds>`` after it, so that either is found in order of time.
    """

    collection: ClassVar[str] = "deliveries"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}

    def add(self, delivery: Delivery) -> None:
        """Keep a new delivery; ``Duplicate`` when this event was announced already."""
        self._insert(Scope(assistant_id=delivery.assistant_id), _record(delivery))

    def get(self, assistant_id: str, delivery_id: str) -> Delivery | None:
        """A delivery of this assistant."""
        record = self._get(Scope(assistant_id=assistant_id), delivery_id)
        return _delivery(record) if record else None

    def get_any(self, delivery_id: str) -> Delivery | None:
        """The delivery of this id, whoever's; for background work alone."""
        record = self._by_key("_id", delivery_id)
        return _delivery(record) if record else None

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[Delivery]:
        """An assistant's deliveries, newest first."""
        return self._page(Scope(assistant_id=assistant_id), limit=limit, cursor=cursor).map(_delivery)

    def count(self, assistant_id: str) -> int:
        """How many deliveries an assistant has."""
        return self._count(Scope(assistant_id=assistant_id))

    def due(self, now: datetime, limit: int) -> list[Due]:
        """Deliveries of the whole installation whose time has come, the longest due first."""
        between = {"$gt": "due:", "$lte": _due(now)}
        found = self._found(
            self._conditions(WHOLE, {"due": between}, None), ("due", 1), limit, ("_id", "assistant_id")
        )
        return [Due(one["_id"], one["assistant_id"]) for one in found]

    def open_work(self, now: datetime, limit: int) -> list[OpenJob]:
        """Deliveries of the whole installation that are not over, the longest due first."""
        between = {"$gt": "due:", "$lt": "due;"}  # ';' follows ':'
        found = self._found(
            self._conditions(WHOLE, {"due": between}, None), ("due", 1), limit, ("createdAt",)
        )
        due = [(moment(one["due"].removeprefix("due:")), moment(one["createdAt"])) for one in found]
        return [
            OpenJob(JobState.WAITING, at) if at <= now else OpenJob(JobState.LATER, made) for at, made in due
        ]

    def claim(self, delivery: Delivery, until: datetime) -> bool:
        """Take an attempt, unless another has; lost ones are due again after ``until``."""
        change: Change = {"$set": {"due": _due(until), "next_at": until}, "$inc": {"attempts": 1}}
        return self._change_if(delivery, change)

    def settle(self, claimed: Delivery, settled: Delivery) -> bool:
        """Write down what an attempt came to; ``False`` when the delivery was asked for anew meanwhile."""
        change = {
            "status": settled.status,
            "last_code": settled.last_code,
            "last_error": settled.last_error,
            "next_at": settled.next_at,
            "finished_at": settled.finished_at,
            "due": _due_of(settled),
        }
        return self._change_if(claimed, {"$set": change})

    def ask_anew(self, delivery: Delivery) -> bool:
        """Have a delivery sent again from its first attempt on; ``False`` when it is no longer as it was."""
        change = {
            "status": DeliveryStatus.PENDING,
            "attempts": 0,
            "next_at": delivery.next_at,
            "give_up_at": delivery.give_up_at,
            "finished_at": None,
            "due": _due_of(delivery),
        }
        return self._update(Scope(assistant_id=delivery.assistant_id), delivery.id, {"$set": change})

    def postpone(self, assistant_id: str, ids: Sequence[str], until: datetime) -> None:
        """Move deliveries that are due to a later time, without an attempt."""
        for one in ids:
            self._update(
                Scope(assistant_id=assistant_id),
                one,
                {"$set": {"due": _due(until), "next_at": until}},
                when={"status": DeliveryStatus.PENDING},
            )

    def forget(self, before: datetime, limit: int) -> int:
        """Remove deliveries that were over before then; how many."""
        between = {"$gt": "done:", "$lte": f"done:{stored(before):013d}"}
        found = self._found(
            self._conditions(WHOLE, {"due": between}, None), ("due", 1), limit, ("_id", "assistant_id")
        )
        return sum(self._delete(Scope(assistant_id=one["assistant_id"]), one["_id"]) for one in found)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every delivery of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def _change_if(self, delivery: Delivery, change: Change) -> bool:
        when = {"due": _due_of(delivery), "status": delivery.status}
        return self._update(Scope(assistant_id=delivery.assistant_id), delivery.id, change, when=when)

    def _tail(self, record: Record) -> str:
        """By time: the id of what is announced once is made of what it is about."""
        return f"{record['createdAt']:013d}-{record['_id']}"


def _due(at: datetime) -> str:
    return f"due:{stored(at):013d}"


def _due_of(delivery: Delivery) -> str:
    if delivery.next_at is not None:
        return _due(delivery.next_at)
    return f"done:{stored(delivery.finished_at or delivery.created_at):013d}"


def _record(delivery: Delivery) -> Record:
    return {
        "_id": delivery.id,
        "assistant_id": delivery.assistant_id,
        "event": delivery.event,
        "body": delivery.body,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "last_code": delivery.last_code,
        "last_error": delivery.last_error,
        "next_at": delivery.next_at,
        "give_up_at": delivery.give_up_at,
        "finished_at": delivery.finished_at,
        "due": _due_of(delivery),
        "createdAt": delivery.created_at,
    }


def _delivery(record: Record) -> Delivery:
    return Delivery(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        event=choice(record["event"], Event.TEST),
        body=record["body"],
        created_at=moment(record["createdAt"]),
        give_up_at=moment(record["give_up_at"]),
        next_at=maybe_moment(record.get("next_at")),
        status=choice(record["status"], DeliveryStatus.FAILED),
        attempts=int(record["attempts"]),
        last_code=record.get("last_code"),
        last_error=record.get("last_error", ""),
        finished_at=maybe_moment(record.get("finished_at")),
    )
