"""What the doors can ask of quizzes."""

from __future__ import annotations

from dataclasses import dataclass

from services.quizzes.answer_quiz import AnswerQuiz
from services.quizzes.find_quizzes import FindQuizzes
from services.quizzes.make_quiz import MakeQuiz


@dataclass(frozen=True)
class QuizUseCases:
    """Quizzes from texts and documents."""

    make_quiz: MakeQuiz
    find_quizzes: FindQuizzes
    answer_quiz: AnswerQuiz
