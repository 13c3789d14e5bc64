from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer
from tests.talk import events, said, send

PRICES = "# Preços\n\nA limpeza custa R$ 180,00 e dura uma hora.\n"
QUESTION = "Quanto custa a limpeza?"


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    made = owner.new_assistant(model="test-model", answer_cache=True)
    owner.ready_document(made["_id"], "precos.md", PRICES)
    return made


def test_a_first_question_is_answered_as_it_was_before(
    contact_bot: Caller, model_server: OpenAIServer
) -> None:
    first, before = said(contact_bot, QUESTION, id="a"), model_server.served

    second = said(contact_bot, "oi, quanto custa a limpeza", id="b")

    assert model_server.served == before
    assert (first["model"], second["model"]) == ("test-model", "cache")
    assert (second["response"], second["sources"]) == (first["response"], first["sources"])
    assert second["tokens"]["in"] == 0
    streamed = events(send(contact_bot, QUESTION, id="c", stream=True).text)
    assert streamed[-1][1]["response"] == first["response"]
    assert said(contact_bot, QUESTION, id="a")["model"] == "test-model"  # something was said before
    assert said(contact_bot, "Quanto não custa a limpeza?", id="d")["model"] == "test-model"


def test_other_words_are_the_same_question_and_it_is_counted(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, model_server: OpenAIServer
) -> None:
    said(contact_bot, QUESTION, id="a")
    before = model_server.served

    other = said(contact_bot, "Oi! Qual o preço da limpeza, por favor?", id="b")

    assert (other["model"], model_server.served) == ("cache", before)
    assert said(contact_bot, "Qual o preço da limpeza de pele?", id="c")["model"] == "test-model"
    assert said(contact_bot, "Quanto custa a minha limpeza?", id="d")["model"] == "test-model"
    calls = owner.get(f"/requests?assistant_id={assistant['_id']}&model=cache").get_json()
    assert [(one["user_id"], one["outcome"], one["tokens"]["in"]) for one in calls] == [("b", "answered", 0)]
    usage = owner.get(f"/usage?assistant_id={assistant['_id']}&group_by=model").get_json()
    assert {one["model"]: one["requests"] for one in usage} == {"test-model": 3, "cache": 1}


def test_a_curated_answer_goes_before_it(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, model_server: OpenAIServer
) -> None:
    owner.put(
        f"/assistants/answer/{assistant['_id']}",
        {"question": "Qual o preço da limpeza?", "answer": "Veja R$ 1."},
    )
    models = [
        said(contact_bot, one, id=one)["model"] for one in (QUESTION, "Qual o preço da limpeza?", QUESTION)
    ]

    assert models == ["test-model", "faq", "test-model"]


def test_it_is_gone_when_documents_curated_answers_or_settings_change(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    def is_asked_anew(number: int) -> bool:
        models = [said(contact_bot, QUESTION, id=f"{number} {n}")["model"] for n in range(2)]
        assert models[1] == "cache"
        return bool(models[0] == "test-model")

    assert is_asked_anew(0)
    assert not is_asked_anew(1)
    owner.ready_document(assistant["_id"], "precos.md", PRICES.replace("180", "200"))
    assert is_asked_anew(2)
    owner.put(f"/assistants/answer/{assistant['_id']}", {"question": "Tem wifi?", "answer": "Sim."})
    assert is_asked_anew(3)
    owner.put(f"/assistants/update/{assistant['_id']}", {"company": "Sorriso"})
    assert is_asked_anew(4)


def test_it_is_off_unless_set_and_never_of_another_assistant(
    owner: Caller, contact_bot: Caller, app: Flask
) -> None:
    said(contact_bot, QUESTION)
    other = owner.new_assistant(model="test-model")
    owner.ready_document(other["_id"], "precos.md", PRICES)

    assert other["answer_cache"] is False
    assert [said(bot(app, other), QUESTION, id=one)["model"] for one in "ab"] == ["test-model"] * 2


def test_what_was_not_answered_is_not_kept(contact_bot: Caller) -> None:
    assert [said(contact_bot, "Vendem pneus?", id=one)["model"] for one in "ab"] == ["test-model"] * 2
