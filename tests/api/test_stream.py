"""Answers as they come: events, errors before and after the first token, clients that hang up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import ROUTE, Asking, events, messages_of, said, send

WORDS = ("A ", "limpeza ", "custa ", "120 ", "reais ", "[1].")


def streamed(caller: Caller, message: str = "Quanto custa a limpeza?", **more: Any) -> list[tuple[str, Any]]:
    answer = send(caller, message, stream=True, **more)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/event-stream"
    return events(answer.text)


def test_an_answer_comes_as_tokens_and_is_done_with_the_whole(
    contact_bot: Caller, owner: Caller, assistant: dict[str, Any], server: OpenAIServer
) -> None:
    document = owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 120 reais.")
    server.script(Reply(pieces=WORDS, usage=(50, 9)))
    *tokens, (name, done) = streamed(contact_bot, message_id="1")

    assert {name for name, _ in tokens} == {"token"}
    assert all(data.keys() == {"text"} and data["text"] for _, data in tokens)
    assert len(tokens) > 2
    assert "".join(data["text"] for _, data in tokens) == "A limpeza custa 120 reais [1]."
    assert name == "done"
    assert done["response"] == "A limpeza custa 120 reais [1]."
    assert (done["tokens"], done["model"]) == ({"in": 50, "out": 9, "estimated": False}, "test-model")
    assert [one["document_id"] for one in done["sources"]] == [document["_id"]]
    plain = said(contact_bot, message_id="1")  # the same message, not streamed: the same object
    assert plain == done
    chat = owner.get(f"/chats/get/{done['chat_id']}").get_json()
    assert (chat["response"], chat["tokens"]) == (done["response"], {"in": 50, "out": 9})


def test_nothing_between_keeps_a_stream_back(contact_bot: Caller, server: OpenAIServer) -> None:
    answer = send(contact_bot, stream=True)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Length" not in answer.headers


def test_the_same_message_streamed_again_gives_the_same_answer_without_the_model(
    contact_bot: Caller, server: OpenAIServer
) -> None:
    first = streamed(contact_bot, message_id="1")
    before = server.served
    again = streamed(contact_bot, message_id="1")

    assert again[-1] == first[-1]
    assert [name for name, _ in again] == ["token", "done"]
    assert again[0][1]["text"] == first[-1][1]["response"]
    assert server.served == before


def test_an_inactive_chat_streams_nothing_but_done(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    chat_id = said(contact_bot)["chat_id"]
    owner.put(f"/chats/desativar/{chat_id}")
    [(name, done)] = streamed(contact_bot, "dois")
    assert (name, done["response"], done["active"]) == ("done", None, False)
    assert messages_of(owner, chat_id)[-1]["status"] == "kept"


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [
        (Reply(status=400), 502, "model_refused"),
        (Reply(status=429), 503, "model_busy"),
        (Reply(delay_s=2), 504, "model_timed_out"),
        (Reply(cut_after=0), 502, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_an_error_before_the_first_token_is_still_an_error_status(
    contact_bot: Caller,
    owner: Caller,
    server: OpenAIServer,
    impatient: None,
    reply: Reply,
    status: int,
    code: str | None,
) -> None:
    server.default = reply
    answer = send(contact_bot, stream=True, message_id="1")

    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert code in (None, answer.get_json()["error"])
    [chat] = owner.get("/chats/list").get_json()
    assert [one["status"] for one in messages_of(owner, chat["_id"])] == ["failed"]
    server.default = Reply()
    assert streamed(contact_bot, message_id="1")[-1][1]["response"] == "Olá do modelo."


@pytest.mark.parametrize("wrong", [{"message": ""}, {"stream": "yes"}, {"id": None}], ids=str)
def test_what_does_not_fit_is_refused_before_anything_streams(
    contact_bot: Caller, wrong: dict[str, Any]
) -> None:
    body = {"id": "1", "message_service": "W", "message": "Oi", "stream": True, **wrong}
    answer = contact_bot.post(ROUTE, body)
    assert (answer.status_code, answer.mimetype) == (422, "application/json")


def test_an_error_after_the_first_token_ends_the_stream_with_an_error_event(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    server.script(Reply(pieces=WORDS, cut_after=4))
    answer = send(contact_bot, stream=True, message_id="1", headers={"X-Request-ID": "abc-123"})
    *tokens, (name, error) = events(answer.text)

    assert answer.status_code == 200
    assert [name for name, _ in tokens] == ["token"] * len(tokens)
    assert tokens
    assert name == "error"
    assert error.keys() == {"error", "message", "details", "request_id"}
    assert error["request_id"] == answer.headers["X-Request-ID"]
    [chat] = owner.get("/chats/list").get_json()
    [message] = messages_of(owner, chat["_id"])
    assert (message["status"], message["error"]) == ("failed", error["error"])
    assert chat["response"] is None
    assert streamed(contact_bot, message_id="1")[-1][0] == "done"
    assert [one["status"] for one in messages_of(owner, chat["_id"])] == ["answered", "answered"]


def test_a_fallback_message_is_streamed_where_nothing_was_sent_yet(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    assistant = owner.new_assistant(model="test-model", fallback_message="Já volto.")
    server.script(Reply(status=400), Reply(pieces=WORDS, cut_after=4))
    first = streamed(bot(app, assistant), "um")
    assert [(name, data.get("text") or data.get("response")) for name, data in first] == [
        ("token", "Já volto."),
        ("done", "Já volto."),
    ]
    # What was begun is not mixed with another text.
    assert streamed(bot(app, assistant), "dois")[-1][0] == "error"


def test_links_that_are_in_no_document_are_left_out_of_a_stream_however_it_is_cut(
    contact_bot: Caller, owner: Caller, assistant: dict[str, Any], server: OpenAIServer
) -> None:
    owner.ready_document(assistant["_id"], "a.md", "A limpeza: https://clinica.example/limpeza")
    text = (
        "Veja https://clinica.example/limpeza e ![x](https://mal.example/p.png?q=1) e https://mal.example/y."
    )
    for pieces in (list(text), [text], [text[n : n + 7] for n in range(0, len(text), 7)]):
        server.script(Reply(pieces=pieces))
        *tokens, (_, done) = streamed(contact_bot, "A limpeza?")
        shown = "".join(data["text"] for _, data in tokens)
        assert shown == done["response"]
        assert "https://clinica.example/limpeza" in shown
        assert "mal.example" not in shown
        assert "![" not in shown


def begun(caller: Caller, **more: Any) -> tuple[TestResponse, Iterator[bytes]]:
    """A stream of which the first token was read."""
    body = {"id": "1", "message_service": "W", "message": "Oi", "stream": True, **more}
    answer = caller.post(ROUTE, body, buffered=False)
    steps = iter(answer.iter_encoded())
    assert next(steps).startswith(b"event: token")
    return answer, steps


def test_who_hangs_up_midway_loses_nothing(
    app: Flask, assistant: dict[str, Any], contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    server.script(Reply(pieces=WORDS, drip_s=0.02))
    answer, _ = begun(contact_bot, message_id="1")
    answer.close()

    [chat] = owner.get("/chats/list").get_json()
    assert chat["response"] == "".join(WORDS)
    assert [one["status"] for one in messages_of(owner, chat["_id"])] == ["answered", "answered"]
    before = server.served
    again = bot(app, assistant).post(
        ROUTE, {"id": "1", "message_service": "W", "message": "Oi", "message_id": "1"}
    )
    assert again.get_json()["response"] == "".join(WORDS)
    assert server.served == before


def test_who_hangs_up_on_a_stream_that_then_breaks_finds_it_failed(
    contact_bot: Caller, owner: Caller, server: OpenAIServer, installation: Installation
) -> None:
    server.script(Reply(pieces=WORDS, cut_after=5, drip_s=0.02))
    answer, _ = begun(contact_bot)
    answer.close()
    [chat] = owner.get("/chats/list").get_json()
    assert [one["status"] for one in messages_of(owner, chat["_id"])] == ["failed"]
    assert installation.house.chats.answer_message._queue.under_way == 0


def test_while_a_stream_runs_its_contact_waits_and_a_twin_gets_the_same(
    app: Flask, assistant: dict[str, Any], contact_bot: Caller, server: OpenAIServer
) -> None:
    server.script(Reply(pieces=WORDS, drip_s=0.05))
    answer, steps = begun(contact_bot, message_id="1")
    before = server.served
    twin = Asking(lambda: send(bot(app, assistant), "Oi", id="1", message_service="W", message_id="1"))
    later = Asking(lambda: send(bot(app, assistant), "Tchau", id="1", message_service="W"))
    rest = b"".join(steps).decode()
    answer.close()

    done = events(rest)[-1][1]
    assert twin.result().get_json() == done
    assert later.result().status_code == 200
    assert server.served == before + 1
    assert "".join(WORDS) in [one["content"] for one in server.bodies()[-1]["messages"]]


def test_who_takes_over_while_an_answer_streams_finds_it_in_the_chat(
    contact_bot: Caller, owner: Caller, server: OpenAIServer
) -> None:
    server.script(Reply(pieces=WORDS, drip_s=0.05))
    answer, steps = begun(contact_bot)
    [chat] = owner.get("/chats/list").get_json()
    owner.put(f"/chats/desativar/{chat['_id']}")
    done = events(b"".join(steps).decode())[-1]
    answer.close()

    # The contact has it already, so it stands; from the next message on the assistant is silent.
    assert (done[0], done[1]["response"]) == ("done", "".join(WORDS))
    assert [one["role"] for one in messages_of(owner, chat["_id"])] == ["user", "assistant"]
    assert send(contact_bot, "e agora?", id="1", message_service="W").get_json()["response"] is None


def test_a_text_is_sent_as_it_is_whatever_is_in_it(contact_bot: Caller, server: OpenAIServer) -> None:
    text = 'linha 1\nlinha 2\r\n\r\ndata: x\nevent: done\u2028\u0085 "aspas" \\ 😀'
    server.script(Reply(pieces=[text]))
    answer = send(contact_bot, stream=True)
    found = events(answer.text)

    assert [name for name, _ in found] == ["token"] * (len(found) - 1) + ["done"]
    assert found[-1][1]["response"].split() == text.split()
    assert json.dumps(text, ensure_ascii=False)[1:10] in answer.text


def test_the_offline_model_streams_too(app: Flask, owner: Caller, server: OpenAIServer) -> None:
    assistant = owner.new_assistant(model="offline")
    owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 120 reais.")
    before = server.served
    found = streamed(bot(app, assistant), "Quanto custa a limpeza?")

    assert found[-1][0] == "done"
    assert "120" in found[-1][1]["response"]
    assert "".join(data["text"] for name, data in found if name == "token") == found[-1][1]["response"]
    assert found[-1][1]["tokens"]["estimated"] is True
    assert server.served == before
