from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from tests.people import Caller, bot
from tests.talk import said

PRICES = "# Preços\n\nA limpeza custa R$ 180,00 e dura uma hora.\n\nA consulta custa R$ 120,00.\n"


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    """An assistant that knows its prices."""
    made = owner.new_assistant()
    owner.ready_document(made["_id"], "precos.md", PRICES)
    return made


def unanswered(person: Caller, assistant: dict[str, Any]) -> list[dict[str, Any]]:
    answer = person.get(f"/assistants/unanswered/{assistant['_id']}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json())


def test_what_the_documents_do_not_answer_is_listed_by_likeness(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    said(contact_bot, "Quanto custa a limpeza?", id="a")
    said(contact_bot, "Vocês aceitam animais?", id="a")
    said(contact_bot, "oi, aceita animais?", id="b")
    said(contact_bot, "Tem estacionamento?", id="b")
    said(contact_bot, "Aceitam animias?", id="c")

    newest, first = unanswered(owner, assistant)

    assert newest["question"] == "Tem estacionamento?"
    assert newest["count"] == 1
    assert first["question"] == "Vocês aceitam animais?"
    assert first["count"] == 3
    assert first["examples"] == ["Vocês aceitam animais?", "oi, aceita animais?", "Aceitam animias?"]
    assert first["firstAt"] <= first["lastAt"]
    assert 0 <= first["best"] < 0.3
    said(contact_bot, "aceitam animais ai?", id="d")
    assert [one["count"] for one in unanswered(owner, assistant)] == [1, 4]


@pytest.mark.parametrize("message", ["oi", "Bom dia!", "muito obrigado!", "ok", "👍"])
def test_small_talk_is_not(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, message: str
) -> None:
    said(contact_bot, message)

    assert unanswered(owner, assistant) == []


def test_an_assistant_without_documents_lists_nothing(owner: Caller, app: Flask) -> None:
    empty = owner.new_assistant()
    said(bot(app, empty), "Tem estacionamento?")

    assert unanswered(owner, empty) == []


def test_the_same_message_twice_counts_once(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    for _ in range(2):
        said(contact_bot, "Tem estacionamento?", message_id="wamid.1")

    assert [one["count"] for one in unanswered(owner, assistant)] == [1]


def test_a_group_is_dismissed_and_comes_back_when_it_is_asked_again(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    said(contact_bot, "Tem estacionamento?")
    (group,) = unanswered(owner, assistant)
    path = f"/assistants/unanswered/{assistant['_id']}/{group['_id']}"

    assert owner.delete(path).status_code == 200

    assert owner.delete(path).status_code == 404
    assert unanswered(owner, assistant) == []
    said(contact_bot, "Tem estacionamento?")
    assert [one["count"] for one in unanswered(owner, assistant)] == [1]


def test_nothing_is_left_of_a_chat_that_is_deleted(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    chat = said(contact_bot, "Sou a Bia, tem estacionamento?", id="bia")["chat_id"]
    said(contact_bot, "Aceitam animais?", id="bia")
    said(contact_bot, "tem estacionamento?", id="leo")
    assert [one["count"] for one in unanswered(owner, assistant)] == [1, 2]
    said(contact_bot, "Vendem fio dental?", id="bia")  # in no group yet

    assert owner.delete(f"/chats/delete/{chat}").status_code == 200

    (left,) = unanswered(owner, assistant)
    assert (left["question"], left["examples"], left["count"]) == (
        "tem estacionamento?",
        ["tem estacionamento?"],
        1,
    )


def test_nothing_is_left_of_an_assistant_that_is_deleted(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller, installation: Installation
) -> None:
    said(contact_bot, "Tem estacionamento?")
    unanswered(owner, assistant)
    said(contact_bot, "Aceitam animais?")

    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200

    database = installation.house.assistants.find_assistants._assistants._records.database
    for collection in ("unanswered", "unanswered_groups"):
        assert list(database[collection].find({"assistant_id": assistant["_id"]})) == []


def test_the_list_is_paged(owner: Caller, assistant: dict[str, Any], contact_bot: Caller) -> None:
    for thing in ("estacionamento", "wifi", "bebedouro"):
        said(contact_bot, f"Tem {thing}?")

    path = f"/assistants/unanswered/{assistant['_id']}"
    first = owner.get(path, query_string={"limit": 2, "count": "true"})

    assert first.headers["X-Total-Count"] == "3"
    rest = owner.get(path, query_string={"cursor": first.headers["X-Next-Cursor"]})
    assert [one["question"] for one in (*first.get_json(), *rest.get_json())] == [
        "Tem bebedouro?",
        "Tem wifi?",
        "Tem estacionamento?",
    ]


def test_what_evidence_an_answer_needs_is_for_the_owner_to_say(
    owner: Caller, assistant: dict[str, Any], contact_bot: Caller
) -> None:
    def set_to(least: float | None) -> Any:
        changed = owner.put(f"/assistants/update/{assistant['_id']}", {"min_evidence": least})
        assert changed.status_code == 200, changed.text
        return changed.get_json()["min_evidence"]

    def search(query: str) -> Any:
        return owner.post(f"/assistants/search/{assistant['_id']}", {"query": query}).get_json()

    asked = "Quanto custa a limpeza?"
    assert assistant["min_evidence"] is None
    found = search(asked)
    assert found["enough"] is True
    assert 0.3 <= found["evidence"] <= 1

    assert set_to(1) == 1
    assert search(asked)["enough"] is False
    owner.put(f"/assistants/update/{assistant['_id']}", {"no_answer_message": "Isso eu não sei."})
    assert said(contact_bot, asked)["response"] == "Isso eu não sei."
    assert [one["question"] for one in unanswered(owner, assistant)] == [asked]

    assert set_to(0) == 0
    assert search("Tem estacionamento na limpeza?")["enough"] is True
    assert set_to(None) is None
    assert search(asked)["enough"] is True


@pytest.mark.parametrize("wrong", [-0.1, 1.1, "0.3", True])
def test_evidence_out_of_range_is_refused(owner: Caller, wrong: object) -> None:
    answer = owner.post("/assistants/add", {"name": "x", "min_evidence": wrong})

    assert answer.status_code == 422
    assert "min_evidence" in answer.get_json()["details"]
