"""Golden questions in the records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from models.golden import GoldenQuestion, plain
from models.pages import Page
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, moment


class GoldenQuestionRepository(Repository):
    """One record a question; an assistant has each question once, however it is spaced or capitalised."""

    collection: ClassVar[str] = "golden_questions"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key"})

    def add_all(self, assistant_id: str, questions: Sequence[GoldenQuestion]) -> None:
        """Keep new questions; ``Duplicate`` when the assistant has one of them already."""
        if questions:
            self._insert_many(Scope(assistant_id=assistant_id), [_record(one) for one in questions])

    def get(self, assistant_id: str, question_id: str) -> GoldenQuestion | None:
        """The assistant's question of this id."""
        record = self._get(Scope(assistant_id=assistant_id), question_id)
        return _question(record) if record else None

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[GoldenQuestion]:
        """An assistant's questions, newest first."""
        return self._page(Scope(assistant_id=assistant_id), limit=limit, cursor=cursor).map(_question)

    def each(self, assistant_id: str) -> Iterator[GoldenQuestion]:
        """All questions of an assistant, oldest first."""
        return map(_question, self._each(Scope(assistant_id=assistant_id)))

    def count(self, assistant_id: str) -> int:
        """How many questions an assistant has."""
        return self._count(Scope(assistant_id=assistant_id))

    def has_any(self, assistant_id: str) -> bool:
        """Whether an assistant has any question."""
        return self._exists(Scope(assistant_id=assistant_id))

    def update(self, question: GoldenQuestion) -> bool:
        """Write how it is put, what it expects and when it was changed; ``False`` when it was deleted meanwhile."""
        change = {
            "question": question.question,
            "expects": question.expects,
            "updatedAt": question.updated_at,
        }
        return self._update(Scope(assistant_id=question.assistant_id), question.id, {"$set": change})

    def delete(self, assistant_id: str, question_id: str) -> bool:
        """Remove a question; whether it was there."""
        return self._delete(Scope(assistant_id=assistant_id), question_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every question of an assistant; how many there were."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _record(question: GoldenQuestion) -> Record:
    digest = hashlib.sha256(plain(question.question).encode()).hexdigest()
    return {
        "_id": question.id,
        "assistant_id": question.assistant_id,
        "key": f"{question.assistant_id}:{digest}",
        "question": question.question,
        "expects": question.expects,
        "createdAt": question.created_at,
        "updatedAt": question.updated_at,
    }


def _question(record: Record) -> GoldenQuestion:
    return GoldenQuestion(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        question=record["question"],
        expects=tuple(record["expects"]),
        created_at=moment(record["createdAt"]),
        updated_at=moment(record["updatedAt"]),
    )
