"""Delete golden questions."""

from __future__ import annotations

from kit.errors import NotFound
from models.assistants import Assistant
from models.golden import GoldenQuestion
from repositories.golden_questions import GoldenQuestionRepository


class DeleteGolden:
    """Removes one question or all of them; the runs that they were part of stay as they were."""

    def __init__(self, *, questions: GoldenQuestionRepository) -> None:
        self._questions = questions

    def delete(self, question: GoldenQuestion) -> None:
        """Remove a question; ``NotFound`` when another call was quicker."""
        if not self._questions.delete(question.assistant_id, question.id):
            raise NotFound

    def delete_all(self, assistant: Assistant) -> int:
        """Remove all of an assistant's questions; how many there were."""
        return self._questions.delete_all_of(assistant.id)
