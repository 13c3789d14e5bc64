from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer
from tests.talk import asked_for, events, messages_of, said, send

PRICES = "# Preços\n\nA limpeza custa R$ 180,00 e dura uma hora.\n\nA consulta custa R$ 120,00.\n"
QUESTION, ANSWER = "Tem estacionamento?", "Sim: há um convênio com a garagem da esquina."


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    """An assistant that knows its prices, answered by the model server."""
    made = owner.new_assistant(model="test-model")
    owner.ready_document(made["_id"], "precos.md", PRICES)
    return made


def answered(
    person: Caller, assistant: dict[str, Any], question: str = QUESTION, answer: str = ANSWER
) -> Any:
    entry = person.put(f"/assistants/answer/{assistant['_id']}", {"question": question, "answer": answer})
    assert entry.status_code == 200, entry.text
    return entry.get_json()


def listed(person: Caller, kind: str, assistant: dict[str, Any]) -> Any:
    return person.get(f"/assistants/{kind}/{assistant['_id']}").get_json()


def found(person: Caller, assistant: dict[str, Any], query: str) -> Any:
    return person.post(f"/assistants/search/{assistant['_id']}", {"query": query}).get_json()


def test_an_answered_question_is_found_at_once_and_no_longer_listed(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    assert found(owner, assistant, QUESTION)["enough"] is False
    said(contact_bot, "vocês tem estacionamento?")
    said(contact_bot, "Aceitam animais?")

    entry = answered(owner, assistant)

    first, *_ = found(owner, assistant, "tem estacionamento pra carro?")["passages"]
    assert (first["faq_id"], first["document_id"]) == (entry["_id"], None)
    assert (first["filename"], first["heading"], first["text"]) == ("FAQ", QUESTION, ANSWER)
    assert [one["question"] for one in listed(owner, "unanswered", assistant)] == ["Aceitam animais?"]
    assert listed(owner, "faq", assistant) == [entry]
    assert (entry["question"], entry["answer"]) == (QUESTION, ANSWER)
    assert all(one["document_id"] for one in found(owner, assistant, "limpeza")["passages"][:1])


def test_the_model_is_given_it_and_it_is_cited(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, model_server: OpenAIServer
) -> None:
    entry = answered(owner, assistant)

    answer = said(contact_bot, "queria estacionar meu carro, tem estacionamento perto?")

    assert answer["sources"][0]["faq_id"] == entry["_id"]
    assert answer["sources"][0]["document_id"] is None
    (request,) = asked_for(model_server, "queria estacionar meu carro, tem estacionamento perto?")
    assert ANSWER in request["messages"][0]["content"]
    assert QUESTION in request["messages"][0]["content"]


@pytest.mark.parametrize("message", [QUESTION, "oi, tem estacionamento", "Tem estacionamneto?"])
def test_the_very_question_is_answered_without_a_model(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, model_server: OpenAIServer, message: str
) -> None:
    entry, before = answered(owner, assistant), model_server.served

    answer = said(contact_bot, message)

    assert model_server.served == before
    assert (answer["response"], answer["model"]) == (ANSWER, "faq")
    assert (answer["tokens"]["in"], answer["tokens"]["out"]) == (0, 0)
    assert [(one["n"], one["faq_id"]) for one in answer["sources"]] == [(1, entry["_id"])]
    kept = messages_of(owner, answer["chat_id"])[-1]
    assert (kept["model"], kept["sources"]) == ("faq", answer["sources"])
    assert listed(owner, "unanswered", assistant) == []
    streamed = events(send(contact_bot, message, id="another", stream=True).text)
    assert streamed[0] == ("token", {"text": ANSWER})
    assert streamed[-1][1]["model"] == "faq"


@pytest.mark.parametrize(
    ("curated", "message"),
    [
        ("Abre domingo?", "Não abre domingo?"),
        ("O plano 2 cobre implante?", "O plano 3 cobre implante?"),
        ("Quando abre?", "Onde abre?"),
    ],
)
def test_a_denial_another_number_and_another_question_word_need_the_model(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, curated: str, message: str
) -> None:
    answered(owner, assistant, curated, "Sim.")

    assert said(contact_bot, message)["model"] == "test-model"


def test_the_same_question_again_changes_the_answer_at_once(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    first = answered(owner, assistant)
    assert said(contact_bot, QUESTION)["response"] == ANSWER

    second = answered(owner, assistant, "tem  ESTACIONAMENTO?", "Não mais.")

    assert second["_id"] == first["_id"]
    assert said(contact_bot, QUESTION)["response"] == "Não mais."
    assert [one["answer"] for one in listed(owner, "faq", assistant)] == ["Não mais."]
    assert answered(owner, assistant, "tem  ESTACIONAMENTO?", "Não mais.") == second


def test_a_deleted_answer_is_in_no_answer_any_more(
    owner: Caller, assistant: dict[str, Any], installation: Installation
) -> None:
    entry = answered(owner, assistant)
    path = f"/assistants/faq/{assistant['_id']}/{entry['_id']}"

    assert owner.delete(path).status_code == 200

    assert owner.delete(path).status_code == 404
    assert listed(owner, "faq", assistant) == []
    passages = found(owner, assistant, QUESTION)["passages"]
    assert [one for one in passages if "faq_id" in one or one["text"] == ANSWER] == []
    findings = installation.house.upkeep.keep_consistent.check(fix=False)
    assert [one for one in findings if entry["_id"] in one or assistant["_id"] in one] == []


def test_the_doctor_knows_curated_answers_and_writes_anew_what_is_lost(
    owner: Caller, assistant: dict[str, Any], installation: Installation
) -> None:
    entry, keep = answered(owner, assistant), installation.house.upkeep.keep_consistent
    assert [one for one in keep.check(fix=False) if entry["_id"] in one] == []
    database = installation.house.assistants.find_assistants._assistants._records.database
    database["chunks"].delete_many({"document_id": entry["_id"]})

    assert any("curated answer" in one for one in keep.check(fix=True) if entry["_id"] in one)

    assert [one for one in keep.check(fix=False) if entry["_id"] in one] == []
    assert found(owner, assistant, QUESTION)["passages"][0]["faq_id"] == entry["_id"]


def test_an_assistant_without_documents_answers_from_them_offline(owner: Caller, app: Flask) -> None:
    empty = owner.new_assistant(model="offline")
    answered(owner, empty)

    answer = said(bot(app, empty), "estacionamento, vocês têm aí pertinho?")

    assert ANSWER in answer["response"]
    assert "[1]" in answer["response"]
    assert owner.get("/documents/list", query_string={"assistant_id": empty["_id"]}).get_json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": QUESTION}, "answer"),
        ({"question": " ", "answer": ANSWER}, "question"),
        ({"question": QUESTION, "answer": "x" * 2_501}, "answer"),
        ({"question": QUESTION, "answer": ANSWER, "faq": 1}, "faq"),
    ],
)
def test_what_is_no_answer_is_refused(
    owner: Caller, assistant: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = owner.put(f"/assistants/answer/{assistant['_id']}", body)

    assert answer.status_code == 422
    assert field in answer.get_json()["details"]
