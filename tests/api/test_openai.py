"""OpenAI's protocol: conversations, models, embeddings, and errors in its own shape."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from models.text.folding import fold
from tests.api.conftest import MakeApp
from tests.people import Caller, bot, nobody
from tests.servers.openai_server import OpenAIServer, Reply

CHAT = "/v1/chat/completions"
USER = {"role": "user", "content": "Diga olá."}
TOOL = {"type": "function", "function": {"name": "agenda", "parameters": {"type": "object"}}}
CALL: dict[str, Any] = {
    "id": "call_9",
    "type": "function",
    "function": {"name": "agenda", "arguments": '{"dia": "hoje"}'},
}


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant(model="test-model", temperature=0.3)


def send(caller: Caller, *messages: dict[str, Any], **body: Any) -> TestResponse:
    return caller.post(CHAT, {"model": "test-model", "messages": list(messages or [USER]), **body})


def said(caller: Caller, *messages: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = send(caller, *messages, **body)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def chunks(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.mimetype == "text/event-stream", answer.text
    *lines, last, end = answer.text.split("\n\n")
    assert (last, end) == ("data: [DONE]", "")
    return [json.loads(one.removeprefix("data: ")) for one in lines]


def calling(*, stream: bool = False) -> Reply:
    """A model that calls a tool instead of answering."""
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    if not stream:
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        return Reply(body=json.dumps({"choices": [choice]}).encode())
    half = {"index": 0, "function": {"arguments": ' "hoje"}'}}
    first = {**CALL, "index": 0, "function": {"name": "agenda", "arguments": '{"dia":'}}
    deltas = [{"tool_calls": [first]}, {"tool_calls": [half]}, {}]
    frames = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "tool_calls"}]}
        for delta in deltas
    ]
    return Reply(frames=[b"data: " + json.dumps(one).encode() + b"\n\n" for one in frames])


def test_a_persons_conversation_is_passed_on_as_it_is(owner: Caller, server: OpenAIServer) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "developer", "content": "Seja breve."},
        {"role": "user", "content": [{"type": "text", "text": "Oi"}, {"type": "text", "text": "!"}]},
        {"role": "assistant", "content": "Olá!"},
        USER,
    ]
    more = {"stop": ["\n"], "seed": 7, "response_format": {"type": "json_object"}, "max_completion_tokens": 9}
    answer = said(owner, *messages, temperature=0, user="cliente-7", metadata={"a": 1}, **more)

    assert answer.pop("id").startswith("chatcmpl-")
    assert answer.pop("created") > 1_700_000_000
    message = {"role": "assistant", "content": "Olá do modelo.", "refusal": None}
    assert answer == {
        "object": "chat.completion",
        "model": "test-model",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }
    body = server.bodies()[-1]
    assert [(one["role"], one["content"]) for one in body["messages"]] == [
        ("system", "Seja breve."),
        ("user", "Oi\n!"),
        ("assistant", "Olá!"),
        ("user", "Diga olá."),
    ]
    assert {name: body[name] for name in ("stop", "seed", "response_format", "temperature")} == {
        **{name: more[name] for name in ("stop", "seed", "response_format")},
        "temperature": 0,
    }
    assert body["max_tokens"] == 9
    assert "metadata" not in body
    assert "user" not in body


def test_pictures_are_passed_on(owner: Caller, server: OpenAIServer) -> None:
    parts = [
        {"type": "text", "text": "O que é?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    said(owner, {"role": "user", "content": parts})
    assert server.bodies()[-1]["messages"][-1]["content"] == parts


def test_it_streams_as_openai_does(owner: Caller, server: OpenAIServer) -> None:
    server.script(Reply(pieces=("Olá ", "do ", "modelo.")))
    found = chunks(send(owner, stream=True, stream_options={"include_usage": True}))

    assert {one["object"] for one in found} == {"chat.completion.chunk"}
    assert len({one["id"] for one in found}) == 1
    assert {one["model"] for one in found} == {"test-model"}
    *texts, end, usage = found
    assert texts[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(one["choices"][0]["delta"]["content"] for one in texts) == "Olá do modelo."
    assert (end["choices"][0]["delta"], end["choices"][0]["finish_reason"]) == ({}, "stop")
    assert [one["usage"] for one in found[:-1]] == [None] * (len(found) - 1)
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 18)
    assert all("usage" not in one and "sources" not in one for one in chunks(send(owner, stream=True)))


def test_tools_are_called_and_their_results_go_back(owner: Caller, server: OpenAIServer) -> None:
    server.script(calling())
    answer = said(owner, tools=[TOOL], tool_choice="auto", parallel_tool_calls=False)
    [choice] = answer["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [CALL],
    }
    sent = server.bodies()[-1]
    assert (sent["tools"], sent["tool_choice"], sent["parallel_tool_calls"]) == ([TOOL], "auto", False)

    result = {"role": "tool", "tool_call_id": "call_9", "content": "Das 8 às 18 h."}
    said(owner, USER, choice["message"], result, tools=[TOOL])
    assert server.bodies()[-1]["messages"][1:] == [
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        result,
    ]
    server.script(calling(stream=True))
    *_, calls, end = chunks(send(owner, stream=True, tools=[TOOL]))
    assert calls["choices"][0]["delta"]["tool_calls"] == [{"index": 0, **CALL}]
    assert end["choices"][0]["finish_reason"] == "tool_calls"


def test_with_an_assistants_key_its_prompt_and_documents_apply(
    app: Flask, owner: Caller, assistant: dict[str, Any], server: OpenAIServer
) -> None:
    document = owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 120 reais.")
    owner.ready_document(assistant["_id"], "p.md", "Você é a Clara.", "prompt")
    server.default = Reply("120 reais [1]. https://mal.example/x https://cal.example/2")
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Fale como pirata."},
        {"role": "user", "content": "Quanto custa a limpeza?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_9", "content": "Agenda: https://cal.example/2"},
    ]
    answer = said(bot(app, assistant), *messages, model="default", tools=[TOOL])

    text = answer["choices"][0]["message"]["content"]
    assert "mal.example" not in text
    assert "https://cal.example/2" in text
    assert [one["document_id"] for one in answer["sources"]] == [document["_id"]]
    body = server.bodies()[-1]
    assert (body["model"], body["temperature"], body["tools"]) == ("test-model", 0.3, [TOOL])
    system, *rest = body["messages"]
    assert system["content"].startswith("Você é a Clara.")
    assert system["content"].index("120 reais.") < system["content"].index("Fale como pirata.")
    assert [one["role"] for one in rest] == ["user", "assistant", "tool"]
    found = chunks(send(bot(app, assistant), *messages[:2], stream=True))
    assert found[-1]["sources"] == answer["sources"]
    assert "mal.example" not in json.dumps(found)


def test_a_follow_up_is_searched_for_with_what_was_said(
    app: Flask, owner: Caller, assistant: dict[str, Any], server: OpenAIServer
) -> None:
    owner.ready_document(assistant["_id"], "a.md", "# Clareamento\n\nO clareamento custa 900 reais.")
    owner.ready_document(assistant["_id"], "b.md", "# Limpeza\n\nA limpeza custa 120 reais.")
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Vocês fazem clareamento?"},
        {"role": "assistant", "content": "Fazemos."},
        {"role": "user", "content": "E quanto custa?"},
    ]
    answer = said(bot(app, assistant), *messages, model="default")
    assert "clareamento" in fold(answer["sources"][0]["excerpt"])


def test_a_scratchpad_stays_out_of_it(app: Flask, owner: Caller, server: OpenAIServer) -> None:
    thinker = bot(app, owner.new_assistant(model="test-model", has_scratchpad=True))
    server.default = Reply("<scratchpad>É o segredo girassol.</scratchpad>Bom dia!")
    assert said(thinker)["choices"][0]["message"]["content"] == "Bom dia!"
    assert "girassol" not in json.dumps(chunks(send(thinker, stream=True)))
    said(thinker, {"role": "user", "content": "<scratchpad>eu</scratchpad> oi"})
    assert "<scratchpad>eu" not in server.bodies()[-1]["messages"][-1]["content"]


def test_models_begin_with_the_assistants_own(
    app: Flask, owner: Caller, assistant: dict[str, Any], outsider: Caller
) -> None:
    listed = bot(app, assistant).get("/v1/models").get_json()
    assert listed["object"] == "list"
    own, *others = listed["data"]
    assert own == {"id": "test-model", "object": "model", "created": 0, "owned_by": "openai"}
    assert "offline" in [one["id"] for one in others]
    assert outsider.get("/v1/models").get_json()["data"][0]["id"] == "offline"
    assert bot(app, assistant).get("/v1/models/test-model/").get_json() == own
    missing = owner.get("/v1/models/nobody/has-it")
    assert (missing.status_code, missing.get_json()["error"]["code"]) == (404, "model_not_found")


def test_texts_become_vectors(owner: Caller) -> None:
    def vectors(**body: Any) -> dict[str, Any]:
        answer = owner.post("/v1/embeddings", {"model": "default", **body})
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    both = vectors(input=["limpeza", "preço"])
    assert [(one["object"], one["index"]) for one in both["data"]] == [("embedding", 0), ("embedding", 1)]
    assert both["usage"]["total_tokens"] == both["usage"]["prompt_tokens"] > 0
    first = np.array(both["data"][0]["embedding"])
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    packed = vectors(input="limpeza", encoding_format="base64", dimensions=len(first))
    unpacked = np.frombuffer(base64.b64decode(packed["data"][0]["embedding"]), "<f4")
    assert np.allclose(unpacked, first)
    assert vectors(input="limpeza", model=both["model"])["model"] == both["model"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"input": [1, 2, 3]}, 400, "input"),
        ({"input": [[1, 2], [3]]}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": ""}, 400, "input"),
        ({"input": {"$ne": 1}}, 400, "input"),
        ({}, 400, "input"),
        ({"input": "x", "dimensions": 3}, 400, "dimensions"),
        ({"input": "x", "encoding_format": "int8"}, 400, "encoding_format"),
        ({"input": "x", "model": "text-embedding-3-small"}, 404, None),
    ],
    ids=str,
)
def test_what_cannot_be_embedded_is_told(
    owner: Caller, body: dict[str, Any], status: int, param: str | None
) -> None:
    answer = owner.post("/v1/embeddings", body)
    assert (answer.status_code, answer.get_json()["error"]["param"]) == (status, param)


def is_openais(answer: TestResponse, status: int, code: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body = answer.get_json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert code in (None, body["error"]["code"]), body
    return dict(body["error"])


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "oi"}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        ({"messages": [USER, {"role": "user"}]}, "messages.1.content"),
        ({"messages": [{"role": "user", "content": {"$ne": 1}}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text"),
        ({"messages": [USER, {"role": "tool", "content": "x"}]}, "messages.1.tool_call_id"),
        ({"temperature": 3}, "temperature"),
        ({"n": 2}, "n"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_400_and_named(owner: Caller, wrong: dict[str, Any], param: str) -> None:
    error = is_openais(send(owner, stream=True, **wrong), 400)
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert param in error["message"]


def test_every_error_has_openais_shape(
    app: Flask, owner: Caller, make_app: MakeApp, server: OpenAIServer
) -> None:
    unknown = Caller(app.test_client(), {"Authorization": "Bearer ask_wrong"})
    for caller in (nobody(app), unknown):
        refused = send(caller)
        is_openais(refused, 401, "invalid_api_key")
        assert refused.headers["WWW-Authenticate"]
    is_openais(owner.get("/v1/nothing/here"), 404, "unknown_url")
    is_openais(owner.get("/v1"), 404)
    is_openais(owner.get(CHAT), 405)
    is_openais(owner.call("POST", CHAT, data="x=1"), 415)
    is_openais(owner.call("POST", CHAT, data="{", content_type="application/json"), 400, "bad_json")
    is_openais(owner.post(CHAT, {"x": "y" * (5 << 20)}), 413)
    server.script(Reply(status=400), Reply(status=404))
    is_openais(send(owner), 400, "model_refused")
    is_openais(send(owner), 404, "model_not_found")
    server.script(Reply(refuses=("tools",)))
    tools = [{"type": "function", "function": {"name": "find", "parameters": {}}}]
    is_openais(send(owner, tools=tools), 400, "model_refused")
    server.script(Reply(status=401))
    unreachable = send(owner)
    assert is_openais(unreachable, 502)["type"] == "server_error"
    assert unreachable.headers["x-should-retry"] == "false"
    few = Caller(make_app(rate_limit="1 per minute").test_client(), owner.headers)
    few.get("/v1/models")
    limited = few.get("/v1/models")
    assert is_openais(limited, 429, "rate_limit_exceeded")["type"] == "rate_limit_error"
    assert int(limited.headers["Retry-After"]) > 0


def test_an_error_while_streaming_has_it_too(owner: Caller, server: OpenAIServer) -> None:
    server.script(Reply(pieces=("Olá ", "do "), cut_after=2))
    answer = send(owner, stream=True)
    *_, last, end = answer.text.split("\n\n")
    assert end == ""
    assert json.loads(last.removeprefix("data: "))["error"].keys() == {"message", "type", "param", "code"}
