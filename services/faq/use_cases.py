"""What the doors can ask of curated answers."""

from __future__ import annotations

from dataclasses import dataclass

from services.faq.answer_question import AnswerQuestion
from services.faq.find_faq import FindFaq


@dataclass(frozen=True)
class FaqUseCases:
    """Curated questions and answers."""

    answer_question: AnswerQuestion
    find_faq: FindFaq
