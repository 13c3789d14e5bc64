"""How the use cases of curated answers are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.faq.answer_question import AnswerQuestion
from services.faq.find_faq import FindFaq
from services.faq.use_cases import FaqUseCases


def build(parts: Parts, shared: Shared) -> FaqUseCases:
    """Curated questions and answers."""
    records = parts.repositories
    return FaqUseCases(
        answer_question=AnswerQuestion(
            assistants=records.assistants,
            entries=records.faq,
            write=shared.knowledge.write_entry,
            unanswered=shared.group_unanswered,
            clock=utc_now,
        ),
        find_faq=FindFaq(entries=records.faq, write=shared.knowledge.write_entry),
    )
