from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import events, messages_of, said, send

PRICES = """\
A limpeza custa R$ 180,00 por cliente, em sessões de uma hora.

O canal custa R$ 900,00 por cliente, em três sessões.
"""
VARIABLES = [
    {"name": "servico", "label": "Qual serviço?", "choices": ["limpeza", "canal"]},
    {"name": "sessoes", "label": "Quantas sessões?", "type": "integer"},
    {"name": "nome", "default": "cliente"},
]
BODY = "Quanto custa {{ servico }} em {{ sessoes }} sessões para {{ nome }}?"


def made(app: Flask, owner: Caller, model: str, **more: Any) -> tuple[Caller, str, str]:
    """A bot whose contact has written already, the chat and a guide that is offered in it."""
    assistant = owner.new_assistant(model=model)
    owner.ready_document(assistant["_id"], "precos.md", PRICES)
    body = {
        "name": "Orçamento",
        "body": BODY,
        "variables": VARIABLES,
        "assistant_id": assistant["_id"],
        **more,
    }
    guide = owner.post("/guides", body).get_json()["_id"]
    contact = bot(app, assistant)
    chat = said(contact, "Bom dia!")["chat_id"]
    offered(owner, chat, guide)
    return contact, chat, guide


def offered(person: Caller, chat: str, guide: str | None) -> Any:
    answer = person.put(f"/chats/guide/{chat}", {"guide_id": guide})
    assert answer.status_code == 200, answer.text
    return answer.get_json()["guide"]


def test_without_a_model_the_labels_are_asked_and_the_answers_taken(app: Flask, owner: Caller) -> None:
    contact, chat, guide = made(app, owner, "offline")

    first = said(contact, "Quero um orçamento")
    assert (first["response"], first["model"]) == ("Qual serviço?\n1. limpeza\n2. canal", "guide")
    wrong = said(contact, "o mais barato")
    assert wrong["response"] == "Não entendi.\nQual serviço?\n1. limpeza\n2. canal"
    assert said(contact, "Limpeza.")["response"] == "Quantas sessões?"
    last = said(contact, "2")

    assert "R$ 180,00" in last["response"]
    now = owner.get(f"/chats/get/{chat}").get_json()
    assert now["guide"] == {
        "guide_id": guide,
        "values": {"servico": "limpeza", "sessoes": 2},
        "asked": "sessoes",
    }
    assert "R$ 900,00" in said(contact, "E quanto custa o canal?")["response"]
    roles = [one["role"] for one in messages_of(owner, chat)]
    assert roles == ["user", "assistant"] * 6


def test_the_same_message_again_is_read_once(app: Flask, owner: Caller) -> None:
    contact, chat, _ = made(app, owner, "offline")
    said(contact, "Oi", message_id="1")

    first = said(contact, "canal", message_id="2")
    again = said(contact, "canal", message_id="2")

    assert first == again
    assert owner.get(f"/chats/get/{chat}").get_json()["guide"]["values"] == {"servico": "canal"}


def test_a_question_comes_as_a_stream_where_one_is_asked_for(app: Flask, owner: Caller) -> None:
    contact, _, _ = made(app, owner, "offline")

    (token, done) = events(send(contact, "Oi", stream=True).text)

    assert token == ("token", {"text": "Qual serviço?\n1. limpeza\n2. canal"})
    assert done[1]["response"] == token[1]["text"]


def read(values: dict[str, str | None], question: str) -> Reply:
    return Reply(json.dumps({"values": {"servico": None, "sessoes": None, **values}, "question": question}))


def test_a_model_reads_what_is_said_and_asks_for_the_rest(
    app: Flask, owner: Caller, model_server: OpenAIServer
) -> None:
    contact, chat, _ = made(app, owner, "test-model")

    model_server.script(read({"servico": "canal"}, "E em quantas sessões?"))
    first = said(contact, "Quero um canal, por favor")
    assert (first["response"], first["model"]) == ("E em quantas sessões?", "test-model")
    assert first["tokens"]["in"] > 0
    told = model_server.bodies()[-1]["messages"]
    assert "Qual serviço?" in told[0]["content"]
    assert told[-1]["content"] == "Quero um canal, por favor"
    model_server.script(
        Reply(json.dumps({"values": {"sessoes": "3"}, "question": ""})), Reply("Fica em R$ 900,00 [1].")
    )
    last = said(contact, "umas três")

    assert last["response"] == "Fica em R$ 900,00 [1]."
    asked = model_server.bodies()[-1]["messages"]
    assert asked[-1]["content"].endswith("Quanto custa canal em 3 sessões para cliente?")
    assert "R$ 900,00" in "\n".join(one["content"] for one in asked)
    model_server.script(Reply("De nada!"))
    said(contact, "Obrigado")
    asked = model_server.bodies()[-1]["messages"]
    assert asked[-1]["content"].endswith("Obrigado")
    assert any("Quanto custa canal em 3 sessões" in one["content"] for one in asked[:1])
    assert owner.get(f"/chats/get/{chat}").get_json()["guide"]["values"] == {"servico": "canal", "sessoes": 3}


def test_everything_in_one_message_is_answered_at_once(
    app: Flask, owner: Caller, model_server: OpenAIServer
) -> None:
    contact, _, _ = made(app, owner, "test-model")
    model_server.script(read({"servico": "canal", "sessoes": "2"}, ""), Reply("Fica em R$ 900,00 [1]."))

    answer = said(contact, "Quanto fica um canal em duas sessões?")

    assert answer["response"] == "Fica em R$ 900,00 [1]."
    assert model_server.bodies()[-1]["messages"][-1]["content"].endswith(
        "Quanto fica um canal em duas sessões?"
    )


def test_where_the_model_fails_or_misreads_the_label_is_asked(
    app: Flask, owner: Caller, model_server: OpenAIServer
) -> None:
    contact, chat, _ = made(app, owner, "test-model")

    model_server.script(Reply("não sei"), Reply("não sei"), Reply("não sei"))
    assert said(contact, "Oi")["response"].startswith("Qual serviço?")
    model_server.script(read({"servico": "clareamento"}, "E em quantas sessões?"))
    assert said(contact, "clareamento")["response"].startswith("Não entendi.\nQual serviço?")
    assert owner.get(f"/chats/get/{chat}").get_json()["guide"]["values"] == {}


def test_a_guide_ends_when_it_is_taken_back_or_deleted(app: Flask, owner: Caller) -> None:
    contact, chat, guide = made(app, owner, "offline")

    assert offered(owner, chat, None) is None
    assert "R$ 180,00" in said(contact, "Quanto custa a limpeza?")["response"]
    offered(owner, chat, guide)
    assert owner.delete(f"/guides/{guide}").status_code == 200
    assert "R$ 180,00" in said(contact, "Quanto custa a limpeza?")["response"]


def test_while_a_person_has_the_chat_nothing_is_asked(app: Flask, owner: Caller) -> None:
    contact, chat, _ = made(app, owner, "offline")
    owner.put(f"/chats/desativar/{chat}")

    assert said(contact, "Oi")["response"] is None
    owner.put(f"/chats/ativar/{chat}")
    assert said(contact, "Oi")["response"].startswith("Qual serviço?")


def test_only_a_guide_of_the_chats_own_assistant(app: Flask, owner: Caller) -> None:
    _, chat, _ = made(app, owner, "offline")
    other = owner.new_assistant()
    body = {"name": "x", "body": "x", "assistant_id": other["_id"]}
    guide = owner.post("/guides", body).get_json()["_id"]

    assert owner.put(f"/chats/guide/{chat}", {"guide_id": guide}).status_code == 404
    assert owner.put(f"/chats/guide/{chat}", {"guide_id": "x"}).status_code == 404
    assert owner.put(f"/chats/guide/{chat}", {}).status_code == 422


@pytest.mark.parametrize("body", [None, {"opted_out": True}])
def test_opting_out_and_in(app: Flask, owner: Caller, body: dict[str, Any] | None) -> None:
    chat = said(bot(app, owner.new_assistant(opt_out_words=False)), "PARAR")["chat_id"]

    assert owner.get(f"/chats/get/{chat}").get_json()["opted_out"] is False
    assert owner.put(f"/chats/opt_out/{chat}", body).get_json()["opted_out"] is True
    assert owner.get(f"/chats/get/{chat}").get_json()["opted_out"] is True
    assert owner.put(f"/chats/opt_out/{chat}", {"opted_out": False}).get_json()["opted_out"] is False


def test_a_bot_begins_a_guide_with_a_message(app: Flask, owner: Caller, outsider: Caller) -> None:
    contact, first_chat, guide = made(app, owner, "offline")
    offered(owner, first_chat, None)
    other = {"id": "+5511"}

    first = said(contact, "Quero um orçamento", guide_id=guide, **other)
    assert first["response"].startswith("Qual serviço?")
    assert said(contact, "canal", guide_id=guide, **other)["response"] == "Quantas sessões?"
    assert "R$ 900,00" in said(contact, "3", **other)["response"]
    chat = owner.get(f"/chats/get/{first['chat_id']}").get_json()
    assert chat["guide"]["values"] == {"servico": "canal", "sessoes": 3}
    assert "R$ 180,00" in said(contact, "Quanto custa a limpeza?", guide_id=guide, **other)["response"]
    (token, _) = events(send(contact, "Oi", guide_id=guide, stream=True).text)
    assert token[1]["text"].startswith("Qual serviço?")
    theirs = outsider.new_assistant()
    foreign = outsider.post("/guides", {"name": "x", "body": "x", "assistant_id": theirs["_id"]}).get_json()[
        "_id"
    ]
    before = len(owner.get("/chats/list").get_json())
    for unknown in (foreign, "x"):
        refused = send(contact, "Oi", guide_id=unknown, id="+5512")
        assert (refused.status_code, refused.get_json()["error"]) == (404, "not_found")
    assert len(owner.get("/chats/list").get_json()) == before


@pytest.mark.parametrize(
    ("word", "confirmed", "back", "again"),
    [
        ("PARAR", "não receberá mais", "Voltar!", "voltará a receber"),
        ("stop.", "no more notices", "START", "again"),
        ("Arrêt", "ne recevrez plus", "reprendre", "recevrez à nouveau"),
        ("baja", "ya no recibirá", "ALTA", "volverá a recibir"),
    ],
)
def test_a_contact_opts_out_by_a_word_alone(
    app: Flask, owner: Caller, word: str, confirmed: str, back: str, again: str
) -> None:
    assistant = owner.new_assistant()
    contact = bot(app, assistant)

    first = said(contact, f"{word} o quê?")
    assert first["model"] == "offline"
    answer = said(contact, word)
    assert (answer["model"], confirmed in answer["response"]) == ("opt_out", True)
    path = f"/chats/get/{answer['chat_id']}"
    assert owner.get(path).get_json()["opted_out"] is True
    assert again in said(contact, back)["response"]
    assert owner.get(path).get_json()["opted_out"] is False
    assert said(contact, back)["model"] == "offline"
    owner.put(f"/chats/desativar/{answer['chat_id']}")
    assert said(contact, word)["response"] is None
    assert owner.get(path).get_json()["opted_out"] is True


def test_the_confirmation_is_in_the_assistants_language_and_a_stream_too(app: Flask, owner: Caller) -> None:
    contact = bot(app, owner.new_assistant(language="fr"))

    (token, done) = events(send(contact, "STOP", stream=True).text)

    assert "REPRENDRE" in token[1]["text"]
    assert done[1]["model"] == "opt_out"
