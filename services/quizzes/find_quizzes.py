"""Find and delete quizzes as the caller may see them."""

from __future__ import annotations

from collections.abc import Iterable

from kit.errors import NotFound
from models.actors import Actor, ActorKind
from models.pages import Page, merge_pages
from models.quizzes import Quiz
from repositories.quizzes import AnswerSheetRepository, QuizRepository
from repositories.scope import Scope
from services.assistants.find_assistants import FindAssistants


class FindQuizzes:
    """Reads the quizzes of a person, of the assistants they have a role on, or of a bot's assistant."""

    def __init__(
        self, *, quizzes: QuizRepository, sheets: AnswerSheetRepository, assistants: FindAssistants
    ) -> None:
        self._quizzes = quizzes
        self._sheets = sheets
        self._assistants = assistants

    def get(self, actor: Actor, quiz_id: str) -> Quiz:
        """The quiz, for what the call does; ``NotFound`` when it is nobody's business of the caller."""
        quiz = self._assistants.first_seen(actor, quiz_id, self._quizzes.get)
        if quiz is None:
            raise NotFound
        if quiz.assistant_id and actor.kind is ActorKind.PERSON:
            self._assistants.get(actor, quiz.assistant_id)
        return quiz

    def page(self, actor: Actor, assistant_id: str, limit: int, cursor: str) -> Page[Quiz]:
        """The quizzes that the caller may see, or those of one assistant alone; newest first."""
        pages = (self._quizzes.page(one, limit, cursor) for one in self._scopes(actor, assistant_id))
        return merge_pages(pages, limit, lambda quiz: quiz.id)

    def count(self, actor: Actor, assistant_id: str) -> int:
        """How many quizzes a list would give in all."""
        return sum(self._quizzes.count(one) for one in self._scopes(actor, assistant_id))

    def delete(self, quiz: Quiz) -> None:
        """Remove a quiz and its answer sheets, or ``NotFound``."""
        there = self._quizzes.delete(quiz)
        self._sheets.delete_all_of_quiz(quiz.id)
        if not there:
            raise NotFound

    def _scopes(self, actor: Actor, assistant_id: str) -> Iterable[Scope]:
        if assistant_id and actor.kind is ActorKind.BOT:
            return (Scope.of(actor).narrowed(assistant_id=assistant_id),)
        return self._assistants.scopes(actor, assistant_id)
