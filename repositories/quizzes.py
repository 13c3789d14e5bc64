"""Quizzes in the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from models.chats import Tokens
from models.pages import Page
from models.quizzes import Difficulty, Question, Quiz
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, choice, moment


class QuizRepository(Repository):
    """One record a quiz, with its questions; a person's own has no assistant."""

    collection: ClassVar[str] = "quizzes"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }

    def add(self, quiz: Quiz) -> None:
        """Keep a new quiz."""
        self._insert(Scope(owner_id=quiz.owner_id), _record(quiz))

    def get(self, scope: Scope, quiz_id: str) -> Quiz | None:
        """The quiz of this id within the scope."""
        record = self._get(scope, quiz_id)
        return _quiz(record) if record else None

    def page(self, scope: Scope, limit: int, cursor: str = "") -> Page[Quiz]:
        """The quizzes within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor).map(_quiz)

    def count(self, scope: Scope) -> int:
        """How many quizzes lie within the scope."""
        return self._count(scope)

    def delete(self, quiz: Quiz) -> bool:
        """Remove a quiz; whether it was there."""
        return self._delete(Scope(owner_id=quiz.owner_id), quiz.id)

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        scope = Scope(assistant_id=assistant_id)
        for record in self._each(scope, fields=("_id",)):
            self._update(scope, record["_id"], {"$set": {"owner_id": owner_id}})

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every quiz of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every quiz of a person."""
        return self._delete_all(Scope(owner_id=user_id))


def _record(quiz: Quiz) -> Record:
    return {
        "_id": quiz.id,
        "owner_id": quiz.owner_id,
        "assistant_id": quiz.assistant_id,
        "title": quiz.title,
        "model": quiz.model,
        "language": quiz.language,
        "difficulty": quiz.difficulty,
        "questions": [vars(one) for one in quiz.questions],
        "tokens": vars(quiz.tokens),
        "createdAt": quiz.created_at,
    }


def _quiz(record: Record) -> Quiz:
    return Quiz(
        id=record["_id"],
        owner_id=record["owner_id"],
        assistant_id=record["assistant_id"],
        title=record["title"],
        model=record["model"],
        language=record["language"],
        difficulty=choice(record["difficulty"], Difficulty.MEDIUM),
        questions=tuple(Question(**{**one, "choices": tuple(one["choices"])}) for one in record["questions"]),
        tokens=Tokens(**record["tokens"]),
        created_at=moment(record["createdAt"]),
    )
