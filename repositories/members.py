"""Roles on assistants in the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from models.members import AssistantRole, Member
from models.pages import Page
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import Scope
from repositories.values import Record, choice, moment


class MemberRepository(Repository):
    """One record a person and assistant, under ``<person>:<assistant>``."""

    collection: ClassVar[str] = "members"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page", "user_id": "user_page"}

    def put(self, member: Member) -> None:
        """Give a person a role; one they have already becomes this one."""
        change = {"$set": {"role": member.role}}
        if self._update(Scope(assistant_id=member.assistant_id), _id(member), change):
            return
        try:
            self._insert(Scope(assistant_id=member.assistant_id), _record(member))
        except Duplicate:  # given at the same moment
            self._update(Scope(assistant_id=member.assistant_id), _id(member), change)

    def role(self, user_id: str, assistant_id: str) -> AssistantRole | None:
        """The role of a person on an assistant."""
        record = self._by_key("_id", f"{user_id}:{assistant_id}")
        return _member(record).role if record else None

    def get(self, assistant_id: str, user_id: str) -> Member | None:
        """A person with a role on this assistant."""
        record = self._get(Scope(assistant_id=assistant_id), f"{user_id}:{assistant_id}")
        return _member(record) if record else None

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[Member]:
        """Who has a role on an assistant, the youngest account first."""
        return self._page(Scope(assistant_id=assistant_id), limit=limit, cursor=cursor).map(_member)

    def count(self, assistant_id: str) -> int:
        """How many people have a role on an assistant."""
        return self._count(Scope(assistant_id=assistant_id))

    def of_user(self, user_id: str) -> dict[str, AssistantRole]:
        """Every assistant that a person has a role on, by its id."""
        found = map(_member, self._each(Scope(user_id=user_id)))
        return {one.assistant_id: one.role for one in found}

    def remove(self, assistant_id: str, user_id: str) -> bool:
        """Take a person's role away; whether they had one."""
        return self._delete(Scope(assistant_id=assistant_id), f"{user_id}:{assistant_id}")

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every role on an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every role of a person."""
        return self._delete_all(Scope(user_id=user_id))


def _id(member: Member) -> str:
    return f"{member.user_id}:{member.assistant_id}"


def _record(member: Member) -> Record:
    return {
        "_id": _id(member),
        "assistant_id": member.assistant_id,
        "user_id": member.user_id,
        "role": member.role,
        "createdAt": member.created_at,
    }


def _member(record: Record) -> Member:
    return Member(
        assistant_id=record["assistant_id"],
        user_id=record["user_id"],
        role=choice(record["role"], AssistantRole.VIEWER),
        created_at=moment(record["createdAt"]),
    )
