"""Quizzes in the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from models.chats import Tokens
from models.pages import Page
from models.quizzes import AnswerSheet, Difficulty, Question, Quiz
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
        self._hand_over(assistant_id, owner_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every quiz of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every quiz of a person."""
        return self._delete_all(Scope(owner_id=user_id))


class AnswerSheetRepository(Repository):
    """One record an answer sheet; it goes with its quiz."""

    collection: ClassVar[str] = "quiz_answers"
    page_keys: ClassVar[Mapping[str, str]] = {
        "quiz_id": "quiz_page",
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
    }

    def add(self, sheet: AnswerSheet) -> None:
        """Keep a new sheet."""
        record = {name: value for name, value in vars(sheet).items() if name not in ("id", "created_at")}
        self._insert(Scope(quiz_id=sheet.quiz_id), {**record, "_id": sheet.id, "createdAt": sheet.created_at})

    def page(self, quiz: Quiz, limit: int, cursor: str = "") -> Page[AnswerSheet]:
        """The sheets of a quiz, newest first."""
        return self._page(Scope(quiz_id=quiz.id), limit=limit, cursor=cursor).map(_sheet)

    def count(self, quiz: Quiz) -> int:
        """How many sheets a quiz has."""
        return self._count(Scope(quiz_id=quiz.id))

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        self._hand_over(assistant_id, owner_id)

    def delete_all_of_quiz(self, quiz_id: str) -> int:
        """Remove every sheet of a quiz."""
        return self._delete_all(Scope(quiz_id=quiz_id))

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every sheet of an assistant's quizzes."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every sheet of a person's quizzes."""
        return self._delete_all(Scope(owner_id=user_id))


def _sheet(record: Record) -> AnswerSheet:
    return AnswerSheet(
        id=record["_id"],
        quiz_id=record["quiz_id"],
        owner_id=record["owner_id"],
        assistant_id=record["assistant_id"],
        name=record["name"],
        by=record["by"],
        answers=tuple(record["answers"]),
        score=int(record["score"]),
        created_at=moment(record["createdAt"]),
    )


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
