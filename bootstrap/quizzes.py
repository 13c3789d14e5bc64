"""How the use cases of quizzes are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.documents.find_documents import FindDocuments
from services.quizzes.answer_quiz import AnswerQuiz
from services.quizzes.find_quizzes import FindQuizzes
from services.quizzes.make_quiz import MakeQuiz
from services.quizzes.use_cases import QuizUseCases


def build(parts: Parts, shared: Shared) -> QuizUseCases:
    """Quizzes from texts and documents."""
    records = parts.repositories
    return QuizUseCases(
        make_quiz=MakeQuiz(
            ask=shared.structured,
            catalogue=shared.metered.models.catalogue,
            assistants=shared.find_assistants,
            belonging=shared.belonging,
            find_documents=FindDocuments(
                documents=records.documents, assistants=shared.find_assistants, files=shared.knowledge.files
            ),
            documents=records.documents,
            chunks=records.chunks,
            quizzes=records.quizzes,
            turns=shared.turns,
            clock=utc_now,
        ),
        find_quizzes=FindQuizzes(
            quizzes=records.quizzes, sheets=records.answer_sheets, assistants=shared.find_assistants
        ),
        answer_quiz=AnswerQuiz(sheets=records.answer_sheets, quizzes=records.quizzes, clock=utc_now),
    )
