"""Chats and assistants that change hands or go while a turn runs, and turns that nobody runs any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bootstrap.installation import Installation
from kit.ids import new_id
from models.chats import MessageStatus
from tests.people import Caller
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import ANSWER, messages_of, said, send, wait_until

HELD = Reply("Já respondo.", held=True)


# Taken over


def test_an_inactive_chat_is_silent_and_keeps_what_comes_in(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    chat_id = said(contact_bot, "um")["chat_id"]
    owner.put(f"/chats/desativar/{chat_id}")
    before = server.served
    silent = said(contact_bot, "dois", message_id="2", active=True)

    assert silent.keys() == ANSWER
    assert (silent["response"], silent["active"], silent["chat_id"]) == (None, False, chat_id)
    assert (silent["sources"], silent["tokens"]["in"]) == ([], 0)
    assert said(contact_bot, "dois", message_id="2") == silent
    assert server.served == before
    assert [(one["content"], one["status"]) for one in messages_of(owner, chat_id)][2:] == [("dois", "kept")]
    assert owner.get(f"/chats/get/{chat_id}").get_json()["message"] == "dois"

    owner.put(f"/chats/ativar/{chat_id}")
    assert said(contact_bot, "três")["response"] == "Olá do modelo."
    remembered = [one["content"] for one in server.bodies()[-1]["messages"][1:]]
    assert remembered[0] == "um"
    assert "dois" in remembered[-1] or "dois" in remembered
    assert said(contact_bot, "dois", message_id="2") == silent  # it was a person's


def test_active_false_opens_a_chat_inactive_and_never_overrides_a_person(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    before = server.served
    opened = said(contact_bot, active=False)
    assert (opened["response"], opened["active"]) == (None, False)
    assert said(contact_bot, active=True)["active"] is False
    owner.put(f"/chats/ativar/{opened['chat_id']}")
    assert said(contact_bot, active=False)["active"] is True
    assert server.served == before + 1
    assert owner.get(f"/chats/get/{opened['chat_id']}").get_json()["active"] is True


def test_who_takes_over_while_the_model_is_asked_has_the_chat_to_themselves(
    owner: Caller, server: OpenAIServer, at_once: Any
) -> None:
    server.script(HELD)
    before = server.served
    asked = [at_once("um", message_id="1")]
    wait_until(lambda: server.served == before + 1)
    asked.append(at_once("dois", message_id="2"))
    wait_until(lambda: "dois" in owner.get("/chats/list").text)
    [chat] = owner.get("/chats/list").get_json()
    owner.put(f"/chats/desativar/{chat['_id']}")
    server.release()

    for one in asked:
        answer = one.result().get_json()
        assert (answer["response"], answer["active"]) == (None, False)
    assert server.served == before + 1
    assert [(one["content"], one["status"]) for one in messages_of(owner, chat["_id"])] == [
        ("um", "kept"),
        ("dois", "kept"),
    ]
    after = owner.get(f"/chats/get/{chat['_id']}").get_json()
    assert (after["response"], after["tokens"]) == (None, {"in": 0, "out": 0})


def test_a_chat_that_is_deleted_while_the_model_is_asked_stays_deleted(
    contact_bot: Caller, owner: Caller, server: OpenAIServer, at_once: Any, installation: Installation
) -> None:
    server.script(HELD)
    before = server.served
    asked = at_once("um", message_id="1")
    wait_until(lambda: server.served == before + 1)
    [chat] = owner.get("/chats/list").get_json()
    assert owner.delete(f"/chats/delete/{chat['_id']}").status_code == 200
    server.release()
    assert asked.result().get_json()["response"] is None
    assert owner.get("/chats/list").get_json() == []
    assert installation.house.chats.find_chats._messages.count(chat["_id"]) == 0
    fresh = said(contact_bot, "um", message_id="1")
    assert fresh["chat_id"] != chat["_id"]
    assert fresh["response"] == "Olá do modelo."


def test_an_assistant_that_is_deleted_while_the_model_is_asked_leaves_nothing(
    contact_bot: Caller,
    owner: Caller,
    assistant: dict[str, Any],
    server: OpenAIServer,
    at_once: Any,
    installation: Installation,
) -> None:
    server.script(HELD)
    before = server.served
    asked = at_once("um")
    wait_until(lambda: server.served == before + 1)
    [chat] = owner.get("/chats/list").get_json()
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    assert send(contact_bot, "dois").status_code == 401
    server.release()
    assert asked.result().status_code in (200, 401, 404)
    assert installation.house.chats.find_chats._messages.count(chat["_id"]) == 0


# After an outage


def test_a_turn_that_nobody_runs_any_more_is_marked_failed_by_the_next_sweep(
    contact_bot: Caller, owner: Caller, installation: Installation, server: OpenAIServer, at_once: Any
) -> None:
    messages = installation.house.chats.find_chats._messages
    chat_id = said(contact_bot, "um", message_id="1")["chat_id"]
    [left, answer] = messages.page(chat_id, 5).items
    lost = replace(left, id=new_id(), message_id="lost", turn=2, status=MessageStatus.WAITING)
    messages.add(lost)
    server.script(HELD)
    before = server.served
    running = at_once("agora")
    wait_until(lambda: server.served == before + 1)

    installation.house.chats.recover_turns.recover()
    states = {one["content"]: one["status"] for one in messages_of(owner, chat_id) if one["turn"] > 1}
    assert states == {"um": "failed", "agora": "waiting"}
    server.release()
    assert running.result().status_code == 200
    assert answer.content
    again = said(contact_bot, "um", message_id="lost")
    assert again["response"] == "Olá do modelo."
