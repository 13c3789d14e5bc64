"""Keep the question of a turn for which there was no evidence."""

from __future__ import annotations

import re

from kit.clock import Clock
from kit.errors import AppError
from kit.logging import get_logger
from models.chats import Message
from models.documents import SearchResult
from models.golden import plain
from models.text.chat import asks_something
from models.unanswered import LONGEST_QUESTION, UnansweredQuestion
from repositories.unanswered import UnansweredQuestionRepository

_log = get_logger("chats")


_CITED = re.compile(r"\[\d{1,2}\]")


def is_unanswered(found: SearchResult, answer: str, no_answer: str) -> bool:
    """Whether an answer leaves its question open.

    It does when it holds the words for that, whatever the evidence. Else where there was too little of it, unless
    the answer cites a passage all the same: the model was told to where one plainly holds what is asked.
    """
    if no_answer.strip() and plain(no_answer) in plain(answer):
        return True
    return not found.enough and not _CITED.search(answer)


class NoteUnanswered:
    """One small write in the turns that want it, and none in the others; it never fails a turn."""

    def __init__(self, *, questions: UnansweredQuestionRepository, clock: Clock) -> None:
        self._questions = questions
        self._clock = clock

    def note(
        self, message: Message, found: SearchResult, answer: str, no_answer: str
    ) -> UnansweredQuestion | None:
        """Keep the message, unless it was answered, asks nothing, or the assistant has no documents at all.

        ``answer`` is what the model said, ``no_answer`` what it was told to say when the documents hold nothing.
        """
        if not found.searched or not is_unanswered(found, answer, no_answer):
            return None
        if not asks_something(message.content):
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
