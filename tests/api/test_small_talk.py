"""A message that asks nothing is answered without a search, and shows no sources."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import asked_for, events, messages_of, said, send

PRICES = "# Preços\n\nA limpeza custa R$ 180,00 e dura uma hora.\n\nA consulta custa R$ 120,00.\n"
OFFER = "A limpeza custa R$ 180,00 [1]. Quer que eu explique como ela é feita?"


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    """An assistant that knows its prices, answered by the model server."""
    made = owner.new_assistant(model="test-model")
    owner.ready_document(made["_id"], "precos.md", PRICES)
    return made


def instructions(server: OpenAIServer, message: str) -> str:
    """The system message that the model got with a contact's ``message``."""
    return str(asked_for(server, message)[-1]["messages"][0]["content"])


@pytest.mark.parametrize("message", ["Bom dia!", "obrigado", "ok", "👍"])
def test_it_has_no_sources_and_the_model_no_passages(
    owner: Caller, contact_bot: Caller, server: OpenAIServer, message: str
) -> None:
    assert said(contact_bot)["sources"]

    answer = said(contact_bot, message)

    assert answer["sources"] == []
    assert messages_of(owner, answer["chat_id"])[-1]["sources"] == []
    assert "<<<PASSAGE" not in instructions(server, message)
    assert "seems to ask nothing" in instructions(server, message)
    done = events(send(contact_bot, message, id="a stream", stream=True).text)[-1][1]
    assert done["sources"] == []


@pytest.mark.parametrize(
    "message", ["oi, quanto custa a limpeza?", "obrigado! e a consulta?", "preço?", "quanto"]
)
def test_what_asks_too_is_searched_for(contact_bot: Caller, server: OpenAIServer, message: str) -> None:
    said(contact_bot, "Quanto custa a limpeza?")

    assert said(contact_bot, message)["sources"]
    assert "<<<PASSAGE" in instructions(server, message)


@pytest.mark.parametrize(("message", "is_searched"), [("sim", True), ("👍", True), ("não, obrigado", False)])
def test_a_yes_to_the_bots_question_keeps_its_search(
    contact_bot: Caller, server: OpenAIServer, message: str, *, is_searched: bool
) -> None:
    server.default = Reply(text=OFFER)
    said(contact_bot, "Quanto custa a limpeza?")

    assert bool(said(contact_bot, message)["sources"]) is is_searched


def test_the_next_question_goes_on_with_what_was_asked_before_the_thanks(
    contact_bot: Caller, server: OpenAIServer
) -> None:
    said(contact_bot, "Quanto custa a limpeza?")
    said(contact_bot, "obrigado")

    assert "A consulta custa" in said(contact_bot, "e a consulta?")["sources"][0]["excerpt"]


def test_a_curated_answer_to_it_is_still_given(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, server: OpenAIServer
) -> None:
    entry = owner.put(
        f"/assistants/answer/{assistant['_id']}", {"question": "Obrigado!", "answer": "Disponha!"}
    ).get_json()

    answer = said(contact_bot, "obrigado")

    assert (answer["response"], answer["model"]) == ("Disponha!", "faq")
    assert [one["faq_id"] for one in answer["sources"]] == [entry["_id"]]
    assert said(contact_bot, "oi")["sources"] == []


def test_other_doors_and_the_search_itself_agree(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, server: OpenAIServer
) -> None:
    asked = {"messages": [{"role": "user", "content": "obrigado"}]}

    assert contact_bot.post("/v1/chat/completions", asked).get_json()["sources"] == []
    assert contact_bot.post("/api/v1/rag", {"prompt": "obrigado"}).get_json()["sources"] == []
    found = owner.post(f"/assistants/search/{assistant['_id']}", {"query": "obrigado"}).get_json()
    assert (found["passages"], found["enough"]) == ([], False)


@pytest.mark.parametrize("message", ["👍", "ok", "valeu"])
def test_the_built_in_model_answers_in_the_language_of_the_chat_or_the_documents(
    owner: Caller, app: Flask, message: str
) -> None:
    made = owner.new_assistant(no_answer_message="Não sei.")
    owner.ready_document(made["_id"], "precos.md", PRICES)

    first = said(bot(app, made), message, id="first")
    said(bot(app, made), "How much is a limpeza, please?", id="english")
    later = said(bot(app, made), message, id="english")

    assert first["response"].startswith(("Certo!", "Olá!"))
    assert later["response"].startswith(("All right!", "Hello!"))
    assert first["sources"] == later["sources"] == []
