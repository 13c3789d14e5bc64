"""An assistant's greeting goes before the first thing that a contact is told, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import events, messages_of, said, send

GREETING = "Olá! Sou a Bia, da Clínica."


@pytest.fixture
def server(model_server: OpenAIServer) -> Iterator[OpenAIServer]:
    model_server.requests.clear()
    yield model_server
    model_server.forget()


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant(model="test-model", greeting=f" {GREETING}\n")


def test_a_chat_begins_with_it_once(
    app: Flask, owner: Caller, assistant: dict[str, Any], server: OpenAIServer
) -> None:
    first, second = (said(bot(app, assistant), one) for one in ("Oi", "E então?"))

    assert first["response"] == f"{GREETING}\n\nOlá do modelo."
    assert second["response"] == "Olá do modelo."
    [_, answer, *_] = messages_of(owner, first["chat_id"])
    assert answer["content"] == first["response"]
    assert GREETING in str(server.bodies()[-1]["messages"])  # the model knows what was said
    assert GREETING not in str(server.bodies()[0]["messages"])
    assert said(bot(app, assistant), "Oi", id="another")["response"].startswith(GREETING)


def test_a_stream_begins_with_it_and_an_error_is_still_a_status(
    app: Flask, assistant: dict[str, Any], server: OpenAIServer
) -> None:
    server.script(Reply(status=401))
    assert send(bot(app, assistant), "Oi", stream=True).status_code == 502
    *tokens, (name, done) = events(send(bot(app, assistant), "Oi", stream=True).text)

    assert name == "done"
    assert "".join(one["text"] for _, one in tokens) == done["response"] == f"{GREETING}\n\nOlá do modelo."


def test_it_is_not_kept_with_an_answer_for_others_nor_put_into_a_programs_conversation(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    made = owner.new_assistant(model="test-model", greeting=GREETING, answer_cache=True)
    owner.ready_document(made["_id"], "precos.md", "# Preços\n\nA limpeza custa R$ 180,00.\n")
    first, again = (said(bot(app, made), "Quanto custa a limpeza?", id=one) for one in "ab")
    reply = bot(app, made).post("/v1/chat/completions", {"messages": [{"role": "user", "content": "Oi"}]})

    assert again["model"] == "cache"
    assert again["response"] == first["response"]
    assert first["response"].count(GREETING) == 1
    assert GREETING not in reply.text


def test_what_is_sent_instead_of_an_answer_begins_with_it_too(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    made = owner.new_assistant(model="test-model", greeting=GREETING, fallback_message="Já voltamos.")
    server.script(Reply(status=401))

    assert said(bot(app, made), "Oi")["response"] == f"{GREETING}\n\nJá voltamos."
