"""Sign-ins in the records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from models.users import Session
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, moment


class SessionRepository(Repository):
    """One record a sign-in, until it ends."""

    collection: ClassVar[str] = "sessions"
    page_keys: ClassVar[Mapping[str, str]] = {"user_id": "user_page"}

    def add(self, session: Session) -> None:
        """Keep a new sign-in."""
        self._insert(Scope(user_id=session.user_id), _record(session))

    def get(self, user_id: str, session_id: str) -> Session | None:
        """A person's sign-in; one that is out of date may still be there."""
        record = self._get(Scope(user_id=user_id), session_id)
        return _session(record) if record else None

    def end(self, user_id: str, session_id: str) -> bool:
        """End one sign-in; whether it was there."""
        return self._delete(Scope(user_id=user_id), session_id)

    def end_all_of(self, user_id: str, *, except_session: str = "") -> int:
        """End a person's sign-ins but one; how many there were."""
        scope = Scope(user_id=user_id)
        others = [one["_id"] for one in self._each(scope, fields=("_id",)) if one["_id"] != except_session]
        return sum(self._delete(scope, one) for one in others)

    def end_outdated(self, user_id: str, now: datetime) -> int:
        """Remove a person's sign-ins that are over; how many there were."""
        return self._delete_all(Scope(user_id=user_id), match={"endsAt": {"$lte": now}})


def _record(session: Session) -> Record:
    return {
        "_id": session.id,
        "user_id": session.user_id,
        "createdAt": session.created_at,
        "endsAt": session.ends_at,
    }


def _session(record: Record) -> Session:
    return Session(
        id=record["_id"],
        user_id=record["user_id"],
        created_at=moment(record["createdAt"]),
        ends_at=moment(record["endsAt"]),
    )
