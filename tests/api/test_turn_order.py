"""Turns run once, in order, and fail visibly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from services.chats.answer_message import AnswerMessage
from services.chats.turn_queue import WAITING_PER_CONTACT, TurnQueue
from tests.api.conftest import MakeApp
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import Asking, asked_for, events, messages_of, said, send, wait_until

HELD = Reply("Já respondo.", held=True)


# Once


def test_the_same_message_again_gives_the_same_answer_and_no_second_turn(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    before = server.served
    first = said(contact_bot, "Oi", message_id="wamid.1")
    said(contact_bot, "outra", message_id="wamid.2")
    again = said(contact_bot, "Oi", message_id="wamid.1")

    assert again == first
    assert first["message_id"] == "wamid.1"
    assert server.served == before + 2
    assert len(messages_of(owner, first["chat_id"])) == 4
    assert owner.get(f"/chats/get/{first['chat_id']}").get_json()["message"] == "outra"
    assert owner.get(f"/chats/get/{first['chat_id']}").get_json()["tokens"] == {"in": 22, "out": 14}


def test_a_message_without_an_id_gets_one_and_is_never_taken_for_another(
    contact_bot: Caller, server: OpenAIServer
) -> None:
    before = server.served
    answers = [said(contact_bot, "Oi", **more) for more in ({}, {}, {"message_id": ""}, {"message_id": None})]
    assert len({one["message_id"] for one in answers}) == 4
    assert server.served == before + 4
    again = said(contact_bot, "Oi", message_id=answers[0]["message_id"])
    assert again == answers[0]


def test_one_message_id_in_two_chats_is_two_messages(contact_bot: Caller, server: OpenAIServer) -> None:
    before = server.served
    one, other = (said(contact_bot, id=contact, message_id="1") for contact in ("a", "b"))
    assert one["chat_id"] != other["chat_id"]
    assert server.served == before + 2


@pytest.mark.parametrize("streamed", [{}, {"stream": True}], ids=["plain", "some streamed"])
def test_the_same_message_at_the_same_moment_is_one_turn(
    app: Flask,
    installation: Installation,
    assistant: dict[str, Any],
    owner: Caller,
    server: OpenAIServer,
    streamed: dict[str, Any],
) -> None:
    server.script(HELD)
    before = server.served

    def once_more(n: int) -> dict[str, Any]:
        more = streamed if n % 2 else {}
        answer = send(bot(app, assistant), "Oi", message_id="wamid.1", **more)
        assert answer.status_code == 200
        return dict(events(answer.text)[-1][1] if more else answer.get_json())

    with ThreadPoolExecutor(16) as threads:
        results = threads.map(once_more, range(16))
        wait_until(lambda: installation.house.chats.answer_message._queue.under_way == 16)
        wait_until(lambda: server.served > before)  # not held before it is there
        server.release()
        answers = list(results)
    assert all(one == answers[0] for one in answers)
    assert server.served == before + 1
    [chat] = owner.get("/chats/list").get_json()
    assert len(messages_of(owner, chat["_id"])) == 2
    assert chat["tokens"] == {"in": 11, "out": 7}


def test_the_same_message_at_the_same_moment_fails_for_everybody_and_then_runs_once(
    app: Flask, installation: Installation, assistant: dict[str, Any], owner: Caller, server: OpenAIServer
) -> None:
    server.script(Reply(status=400, held=True))
    before = server.served
    with ThreadPoolExecutor(6) as threads:
        results = threads.map(lambda _: send(bot(app, assistant), "Oi", message_id="1").status_code, range(6))
        wait_until(lambda: installation.house.chats.answer_message._queue.under_way == 6)
        wait_until(lambda: server.served > before)  # not held before it is there
        server.release()
        statuses = list(results)
    assert statuses == [502] * 6
    answer = said(bot(app, assistant), "Oi", message_id="1")
    assert server.served == before + 2
    assert [one["status"] for one in messages_of(owner, answer["chat_id"])] == ["answered", "answered"]


# Failing


@pytest.mark.parametrize(
    ("reply", "status", "code", "calls"),
    [
        (Reply(status=400), 502, "model_refused", 1),
        (Reply(status=401), 502, "model_refused", 1),
        (Reply(status=500), 502, "model_unavailable", 3),
        (Reply(status=429), 503, "model_busy", 3),
        (Reply(body=b"{not json"), 502, "model_answer_broken", 3),
        (Reply(text=""), 502, "model_answer_broken", 3),
        (Reply(cut_after=5), 502, None, 3),
        (Reply(delay_s=2), 504, "model_timed_out", 1),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_model_that_fails_is_an_error_and_the_message_is_kept_and_marked(
    contact_bot: Caller,
    owner: Caller,
    server: OpenAIServer,
    impatient: None,
    reply: Reply,
    status: int,
    code: str | None,
    calls: int,
) -> None:
    server.default = reply
    before = server.served
    answer = send(contact_bot, "Oi", message_id="1")

    assert answer.status_code == status
    body = answer.get_json()
    assert body.keys() == {"error", "message", "details", "request_id"}
    assert code in (None, body["error"])
    assert server.served == before + calls
    [chat] = owner.get("/chats/list").get_json()
    assert (chat["message"], chat["response"], chat["tokens"]) == ("Oi", None, {"in": 0, "out": 0})
    [message] = messages_of(owner, chat["_id"])
    assert (message["content"], message["status"], message["error"]) == ("Oi", "failed", body["error"])

    server.default = Reply("Agora sim.")
    again = said(contact_bot, "Oi", message_id="1")
    assert again["response"] == "Agora sim."
    assert [(one["turn"], one["status"], one["error"]) for one in messages_of(owner, chat["_id"])] == [
        (1, "answered", ""),
        (1, "answered", ""),
    ]


def test_a_failed_turn_that_runs_again_stays_where_it_was(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    server.script(Reply(status=400), Reply("dois"), Reply("um"))
    assert send(contact_bot, "a", message_id="1").status_code == 502
    said(contact_bot, "b", message_id="2")
    answer = said(contact_bot, "a", message_id="1")

    found = [(one["turn"], one["content"]) for one in messages_of(owner, answer["chat_id"])]
    assert found == [(1, "a"), (1, "um"), (2, "b"), (2, "dois")]
    assert [one["content"] for one in server.bodies()[-1]["messages"][1:]] == ["a"]


def test_an_assistant_with_a_fallback_message_says_it_instead(
    app: Flask, owner: Caller, server: OpenAIServer, impatient: None
) -> None:
    assistant = owner.new_assistant(model="test-model", fallback_message="Já volto, um momento.")
    for reply in (Reply(status=400), Reply(status=500), Reply(delay_s=2)):
        server.default = reply
        answer = said(bot(app, assistant), "Oi", message_id=repr(reply)[:100])
        assert answer["response"] == "Já volto, um momento."
        assert answer["sources"] == []
        assert (answer["tokens"]["in"], answer["tokens"]["out"]) == (0, 0)
    errors = [one["error"] for one in messages_of(owner, answer["chat_id"]) if one["role"] == "assistant"]
    assert errors == ["model_refused", "model_unavailable", "model_timed_out"]


# In order


def test_messages_of_one_contact_are_answered_in_order_and_nobody_else_waits(
    contact_bot: Caller, owner: Caller, server: OpenAIServer, at_once: Any
) -> None:
    server.script(HELD)
    before = server.served
    first = at_once("um")
    wait_until(lambda: server.served == before + 1)
    second = at_once("dois")
    wait_until(lambda: "dois" in owner.get("/chats/list").text)  # stored on arrival
    third = at_once("três, e é tudo")
    other = said(contact_bot, "outro", id="another contact")

    assert other["response"] == "Olá do modelo."
    assert not first.done
    server.release()
    for asked in (first, second, third):
        assert asked.result().status_code == 200
    [request] = asked_for(server, "três, e é tudo")
    assert [one["content"] for one in request["messages"][1:]] == [
        "um",
        "Já respondo.",
        "dois",
        "Olá do modelo.",
        "três, e é tudo",
    ]


def test_more_than_a_few_waiting_for_one_contact_are_429_and_not_stored(
    contact_bot: Caller, owner: Caller, server: OpenAIServer, at_once: Any
) -> None:
    server.script(HELD)
    before = server.served
    asked = [at_once("m0")]
    wait_until(lambda: server.served == before + 1)
    for n in range(1, WAITING_PER_CONTACT + 1):
        asked.append(at_once(f"m{n}", message_id=f"{n}"))
        wait_until(lambda: f"m{n}" in owner.get("/chats/list").text)  # noqa: B023  # read before it changes
    refused = send(contact_bot, "too many")
    twin = at_once("m2", message_id="2")
    other = send(contact_bot, "other", id="another contact")

    assert (refused.status_code, refused.get_json()["error"]) == (429, "contact_busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert other.status_code == 200
    assert not twin.done
    server.release()
    assert {one.result().status_code for one in asked} == {200}
    assert twin.result().get_json() == asked[2].result().get_json()
    [chat, _] = sorted(owner.get("/chats/list").get_json(), key=lambda one: -len(one["channel"]["id"]))[::-1]
    contents = [one["content"] for one in messages_of(owner, chat["_id"]) if one["role"] == "user"]
    assert contents == [f"m{n}" for n in range(WAITING_PER_CONTACT + 1)]
    assert said(contact_bot, "now")["response"] == "Olá do modelo."


def test_more_than_the_server_can_hold_are_503_at_once_and_the_rest_of_it_answers(
    owner: Caller, server: OpenAIServer, installation: Installation, make_app: MakeApp
) -> None:
    usual = installation.house.chats.answer_message
    few = AnswerMessage(
        queue=TurnQueue(slots=3),
        receive=usual._receive,
        run_turn=usual._run_turn,
        follow=usual._follow,
        settle=usual._settle,
        requests=usual._requests,
    )
    app = make_app(
        house=replace(installation.house, chats=replace(installation.house.chats, answer_message=few))
    )
    assistant = owner.new_assistant(model="test-model")
    server.default = HELD
    before = server.served
    asked = [Asking(partial(send, bot(app, assistant), id=f"contact {n}")) for n in range(3)]
    wait_until(lambda: server.served == before + 3)
    refused = send(bot(app, assistant), "Oi", id="one more")
    streamed = send(bot(app, assistant), "Oi", id="one more", stream=True)

    for answer in (refused, streamed):
        assert (answer.status_code, answer.get_json()["error"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
    assert app.test_client().get("/health").get_json() == {"status": "healthy"}
    assert not any(one.done for one in asked)
    server.default = Reply()
    server.release()
    assert {one.result().status_code for one in asked} == {200}
    assert send(bot(app, assistant), "Oi", id="one more").status_code == 200
    assert few._queue.under_way == 0
