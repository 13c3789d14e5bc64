"""Mark answer sheets and keep them."""

from __future__ import annotations

from collections.abc import Sequence

from kit.clock import Clock
from kit.errors import Invalid, NotFound
from kit.ids import new_id
from models.actors import ActorKind
from models.callers import Caller
from models.pages import Page
from models.quizzes import CHOICES, AnswerSheet, Marked, Quiz
from repositories.quizzes import AnswerSheetRepository, QuizRepository
from repositories.scope import Scope


class AnswerQuiz:
    """Marks sheets, keeps them, and shows them to those who may see the quiz with its answers."""

    def __init__(self, *, sheets: AnswerSheetRepository, quizzes: QuizRepository, clock: Clock) -> None:
        self._sheets = sheets
        self._quizzes = quizzes
        self._clock = clock

    def answer(
        self, caller: Caller, quiz: Quiz, chosen: Sequence[int | None], name: str, *, keep: bool
    ) -> tuple[AnswerSheet, tuple[Marked, ...]]:
        """The sheet and each of its questions marked; without ``keep`` it has no id.

        ``Invalid`` unless there is one choice (or none) for each question.
        """
        marks = marked(quiz, chosen)
        is_person = caller.actor.kind is ActorKind.PERSON
        sheet = AnswerSheet(
            id=new_id() if keep else "",
            quiz_id=quiz.id,
            owner_id=quiz.owner_id,
            assistant_id=quiz.assistant_id,
            answers=tuple(chosen),
            score=sum(one.correct for one in marks),
            name=name.strip() or (caller.actor.name if is_person else ""),
            by=caller.actor.user_id if is_person else "",
            created_at=self._clock(),
        )
        if keep:
            self._keep(sheet)
        return sheet, marks

    def page(self, quiz: Quiz, limit: int, cursor: str) -> Page[AnswerSheet]:
        """The sheets of a quiz, newest first."""
        return self._sheets.page(quiz, limit, cursor)

    def count(self, quiz: Quiz) -> int:
        """How many sheets a list would give in all."""
        return self._sheets.count(quiz)

    def _keep(self, sheet: AnswerSheet) -> None:
        self._sheets.add(sheet)
        if self._quizzes.get(Scope(owner_id=sheet.owner_id), sheet.quiz_id) is None:
            self._sheets.delete_all_of_quiz(sheet.quiz_id)  # deleted in this moment: its sheets go with it
            raise NotFound


def marked(quiz: Quiz, chosen: Sequence[int | None]) -> tuple[Marked, ...]:
    """Each question with what was chosen for it; ``Invalid`` unless there is one choice (or none) for each."""
    if len(chosen) != len(quiz.questions):
        raise Invalid.field("answers", f"Must be {len(quiz.questions)}, one for each question.")
    if any(one is not None and not 0 <= one < CHOICES for one in chosen):
        raise Invalid.field(
            "answers", f"Each must be the index of a choice, from 0 to {CHOICES - 1}, or null."
        )
    return tuple(Marked(one, question) for one, question in zip(chosen, quiz.questions, strict=True))
