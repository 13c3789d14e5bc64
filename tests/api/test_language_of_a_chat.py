"""A contact who writes in another language than the documents are in is answered from them."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.people import Caller, bot
from tests.talk import said

DOCUMENT = """# Clínica

## Horário

Abrimos de segunda a sexta das 9h às 18h.

Sábado das 9h às 13h.

Domingo não abrimos.

## Pagamento

Aceitamos cartão de crédito, Pix e dinheiro.
"""


@pytest.mark.parametrize("language", ["auto", "pt"])
@pytest.mark.parametrize(
    ("first", "follow_up"),
    [
        ("Do you open on Saturday?", "and on Sunday?"),
        ("Ouvrez-vous le samedi ?", "et le dimanche ?"),
        ("¿Abren los sábados?", "¿y el domingo?"),
    ],
)
def test_a_question_and_its_follow_up_are_answered(
    app: Flask, owner: Caller, language: str, first: str, follow_up: str
) -> None:
    assistant = owner.new_assistant(language=language)
    owner.ready_document(assistant["_id"], "clinica.md", DOCUMENT)
    contact = bot(app, assistant)

    assert "Sábado das 9h às 13h." in said(contact, first)["response"]
    assert said(contact, follow_up)["response"].startswith("Domingo não abrimos. [1]")
