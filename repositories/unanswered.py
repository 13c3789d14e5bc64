"""Unanswered questions and their groups in the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pymongo import ASCENDING, UpdateMany

from models.pages import Page
from models.unanswered import UnansweredGroup, UnansweredQuestion
from repositories.base import BATCH, Repository
from repositories.errors import database_errors
from repositories.scope import Scope
from repositories.values import Record, moment


class UnansweredQuestionRepository(Repository):
    """One record a question. ``pending`` has the assistant's id until the question is in a group."""

    collection: ClassVar[str] = "unanswered"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page", "chat_id": "chat_page"}

    def add(self, question: UnansweredQuestion) -> None:
        """Keep a question; ``Duplicate`` when it is there already."""
        self._insert(Scope(assistant_id=question.assistant_id), _record(question))

    def remove(self, question: UnansweredQuestion) -> None:
        """Take a question back."""
        self._delete(Scope(assistant_id=question.assistant_id), question.id)

    def pending(self, assistant_id: str, limit: int) -> list[UnansweredQuestion]:
        """The oldest questions that are in no group yet."""
        return self._having("pending", assistant_id, assistant_id, limit)

    def of_group(self, assistant_id: str, group_id: str, limit: int) -> list[UnansweredQuestion]:
        """The oldest questions of a group."""
        return self._having("group", group_id, assistant_id, limit)

    def of_chat(self, assistant_id: str, chat_id: str) -> list[UnansweredQuestion]:
        """The questions that were asked in a chat."""
        scope = Scope(assistant_id=assistant_id, chat_id=chat_id)
        return [_question(record) for record in self._each(scope)]

    def put_into(self, assistant_id: str, ids: Mapping[str, Sequence[str]]) -> None:
        """Say which questions are in each of some groups, all at once."""
        scope = Scope(assistant_id=assistant_id)
        changes = [
            UpdateMany(
                self._conditions(scope, {"_id": {"$in": list(its[start : start + BATCH])}}, None),
                self._change({"$set": {"group": group_id}, "$unset": {"pending": ""}}),
            )
            for group_id, its in ids.items()
            for start in range(0, len(its), BATCH)
        ]
        if changes:
            with database_errors():
                self._records.bulk_write(changes, ordered=False)

    def delete_of_group(self, assistant_id: str, group_id: str) -> None:
        """Remove every question of a group."""
        while found := self.of_group(assistant_id, group_id, BATCH):
            for one in found:
                self._delete(Scope(assistant_id=assistant_id), one.id)

    def delete_all_of_chat(self, chat_id: str) -> int:
        """Remove every question that was asked in a chat."""
        return self._delete_all(Scope(chat_id=chat_id))

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every question of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def _having(self, field: str, value: str, assistant_id: str, limit: int) -> list[UnansweredQuestion]:
        conditions = self._conditions(Scope(assistant_id=assistant_id), {field: value}, None)
        return [_question(record) for record in self._found(conditions, ("_id", ASCENDING), limit, ())]


class UnansweredGroupRepository(Repository):
    """One record a group of like questions."""

    collection: ClassVar[str] = "unanswered_groups"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}

    def add_all(self, assistant_id: str, groups: Sequence[UnansweredGroup]) -> None:
        """Keep new groups of an assistant."""
        if groups:
            self._insert_many(Scope(assistant_id=assistant_id), [_group_record(one) for one in groups])

    def get(self, assistant_id: str, group_id: str) -> UnansweredGroup | None:
        """The assistant's group of this id."""
        record = self._get(Scope(assistant_id=assistant_id), group_id)
        return _group(record) if record else None

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[UnansweredGroup]:
        """An assistant's groups, newest first."""
        return self._page(Scope(assistant_id=assistant_id), limit=limit, cursor=cursor).map(_group)

    def newest(self, assistant_id: str, limit: int) -> Iterator[UnansweredGroup]:
        """An assistant's newest groups, newest first, read a batch at a time."""
        cursor = ""
        for _ in range(0, limit, BATCH):
            page = self.page(assistant_id, BATCH, cursor)
            yield from page.items
            cursor = page.next_cursor
            if not cursor:
                return

    def count(self, assistant_id: str) -> int:
        """How many groups an assistant has."""
        return self._count(Scope(assistant_id=assistant_id))

    def update(self, group: UnansweredGroup) -> bool:
        """Write what is in it now; ``False`` when it was deleted meanwhile."""
        change = _group_record(group)
        del change["_id"], change["assistant_id"]
        return self._update(Scope(assistant_id=group.assistant_id), group.id, {"$set": change})

    def delete(self, assistant_id: str, group_id: str) -> bool:
        """Remove a group; whether it was there."""
        return self._delete(Scope(assistant_id=assistant_id), group_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every group of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _record(question: UnansweredQuestion) -> Record:
    return {
        "_id": question.id,
        "assistant_id": question.assistant_id,
        "chat_id": question.chat_id,
        "question": question.question,
        "evidence": question.evidence,
        "createdAt": question.created_at,
        **({"group": question.group_id} if question.group_id else {"pending": question.assistant_id}),
    }


def _question(record: Record) -> UnansweredQuestion:
    return UnansweredQuestion(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        chat_id=record["chat_id"],
        question=record["question"],
        evidence=float(record["evidence"]),
        created_at=moment(record["createdAt"]),
        group_id=record.get("group", ""),
    )


def _group_record(group: UnansweredGroup) -> Record:
    return {
        "_id": group.id,
        "assistant_id": group.assistant_id,
        "question": group.question,
        "count": group.count,
        "examples": group.examples,
        "firstAt": group.first_at,
        "lastAt": group.last_at,
        "best": group.best,
    }


def _group(record: Record) -> UnansweredGroup:
    return UnansweredGroup(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        question=record["question"],
        count=int(record["count"]),
        examples=tuple(record["examples"]),
        first_at=moment(record["firstAt"]),
        last_at=moment(record["lastAt"]),
        best=float(record["best"]),
    )
