"""Keep the question of a turn for which there was no evidence."""

from __future__ import annotations

from kit.clock import Clock
from kit.errors import AppError
from kit.logging import get_logger
from models.chats import Message
from models.documents import SearchResult
from models.text.chat import asks_something
from models.unanswered import LONGEST_QUESTION, UnansweredQuestion
from repositories.unanswered import UnansweredQuestionRepository

_log = get_logger("chats")


class NoteUnanswered:
    """One small write in the turns that want it, and none in the others; it never fails a turn."""

    def __init__(self, *, questions: UnansweredQuestionRepository, clock: Clock) -> None:
        self._questions = questions
        self._clock = clock

    def note(self, message: Message, found: SearchResult) -> UnansweredQuestion | None:
        """Keep the message, unless it was answered, asks nothing, or the assistant has no documents at all."""
        if found.enough or not found.searched or not asks_something(message.content):
            return None
        question = UnansweredQuestion(
            id=message.id,
            assistant_id=message.assistant_id,
            chat_id=message.chat_id,
            question=message.content[:LONGEST_QUESTION].strip(),
            evidence=round(found.evidence, 4),
            created_at=self._clock(),
        )
        try:
            self._questions.add(question)
        except AppError as problem:
            _log.warning("not noted", assistant_id=message.assistant_id, code=problem.error_code)
            return None
        return question

    def take_back(self, question: UnansweredQuestion) -> None:
        """Forget a question whose turn came to nothing."""
        try:
            self._questions.remove(question)
        except AppError as problem:
            _log.warning("not taken back", assistant_id=question.assistant_id, code=problem.error_code)
