"""Find golden questions and their runs; whoever asks has been shown the assistant already."""

from __future__ import annotations

from collections.abc import Iterator

from kit.errors import NotFound
from kit.ids import is_id
from models.assistants import Assistant
from models.golden import GoldenQuestion, GoldenRun
from models.pages import Page
from repositories.golden_questions import GoldenQuestionRepository
from repositories.golden_runs import GoldenRunRepository


class FindGolden:
    """Reads an assistant's golden questions and what their runs came to."""

    def __init__(self, *, questions: GoldenQuestionRepository, runs: GoldenRunRepository) -> None:
        self._questions = questions
        self._runs = runs

    def question(self, assistant: Assistant, question_id: str) -> GoldenQuestion:
        """One question, or ``NotFound``."""
        found = self._questions.get(assistant.id, question_id) if is_id(question_id) else None
        if found is None:
            raise NotFound
        return found

    def questions(self, assistant: Assistant, limit: int, cursor: str) -> Page[GoldenQuestion]:
        """An assistant's questions, newest first."""
        return self._questions.page(assistant.id, limit, cursor)

    def count(self, assistant: Assistant) -> int:
        """How many questions an assistant has."""
        return self._questions.count(assistant.id)

    def every(self, assistant: Assistant) -> Iterator[GoldenQuestion]:
        """Every question, in the order that they were added."""
        return self._questions.each(assistant.id)

    def run(self, assistant: Assistant, run_id: str) -> GoldenRun:
        """One run with its results, or ``NotFound``."""
        found = self._runs.get(assistant.id, run_id) if is_id(run_id) else None
        if found is None:
            raise NotFound
        return found

    def runs(self, assistant: Assistant, limit: int, cursor: str) -> Page[GoldenRun]:
        """An assistant's runs without their results, newest first."""
        return self._runs.page(assistant.id, limit, cursor)

    def count_runs(self, assistant: Assistant) -> int:
        """How many runs of an assistant are kept."""
        return self._runs.count(assistant.id)
