from __future__ import annotations

import pytest

from services.retrieval.asks_nothing import asks_nothing

ASKED = ("Quanto custa a limpeza?",)
OFFER = "Custa R$ 180,00 [1]. Quer saber o preço do clareamento também? 😊"


@pytest.mark.parametrize("message", ["sim", "Sim, por favor", "ok", "👍", "sure", "oui", "claro"])
def test_a_yes_to_a_question_goes_on_with_what_was_asked_before(message: str) -> None:
    assert not asks_nothing(message, ASKED, OFFER)
    assert asks_nothing(message, ASKED, "Custa R$ 180,00 [1]. Veja https://a.example/p?id=2")
    assert asks_nothing(message, ("oi", "", "👍"), "Olá! O que você gostaria de saber?")
    assert asks_nothing(message)


@pytest.mark.parametrize("message", ["obrigado", "não", "não, obrigado", "bom dia", "tchau", "no thanks"])
def test_thanks_no_and_goodbye_never_do(message: str) -> None:
    assert asks_nothing(message, ASKED, OFFER)


@pytest.mark.parametrize(
    "message", ["e domingo?", "preço?", "amanhã", "certo?", "oi, quanto custa a limpeza?"]
)
def test_what_asks_is_looked_for_whatever_was_said(message: str) -> None:
    assert not asks_nothing(message)
    assert not asks_nothing(message, ASKED, OFFER)
