from __future__ import annotations

import pytest

from models.documents import Passage
from services.chats.curated_answer import curated_answer


def a_passage(question: str, faq_id: str = "f") -> Passage:
    return Passage(f"{faq_id}:1:0", "", "FAQ", question, (question,), None, "Sim.", 0.9, faq_id)


@pytest.mark.parametrize(
    ("questions", "message", "found"),
    [
        (["Aceita cartão?"], "oi, aceita cartao?", "Aceita cartão?"),
        (["Aceita cartão?", "Aceita cartao"], "vcs aceita cartao!", None),
        (["Aceita cartão?", "Aceita cartao"], "aceita cartao", "Aceita cartao"),
        (["Aceita cartão?"], "Não aceita cartão?", None),
        ([], "Aceita cartão?", None),
    ],
    ids=["the same", "two of them", "one of two exactly", "a denial", "none"],
)
def test_only_the_very_question_is_answered(questions: list[str], message: str, found: str | None) -> None:
    passages = [a_passage(question, f"f{n}") for n, question in enumerate(questions)]

    answer = curated_answer(message, [*passages, a_passage("Aceita cartão?", faq_id="")])

    assert (answer.title if answer else None) == found
