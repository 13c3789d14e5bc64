"""Ollama's own protocol over real HTTP, good answers and bad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.llm.http_server import HttpServer
from integrations.llm.ollama import Ollama
from integrations.llm.ollama_tags import FoundAtOllama
from models.catalogue import Origin, Provider
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelTimedOut,
    ModelUnavailable,
)
from tests.servers.openai_server import Reply
from tests.servers.other_model_servers import OllamaServer

REQUEST = CompletionRequest((PromptMessage("system", "Be brief."), PromptMessage("user", "Olá?")), "llama3.1")
CALL = {"function": {"name": "find", "arguments": {"city": "São Paulo"}}}


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture(scope="module")
def model(server: OllamaServer) -> Iterator[Ollama]:
    made = Ollama(HttpServer(server.base_url, calls=4))
    yield made
    made.close()


def ask(
    model: Any, request: CompletionRequest = REQUEST, *, stream: bool, seconds: float = 5.0
) -> Completion:
    if not stream:
        return model.complete(request, seconds)  # type: ignore[no-any-return]  # any model
    *texts, last = model.stream(request, seconds)
    assert isinstance(last, Completion)
    assert "".join(texts) == last.text
    return last


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_with_its_tokens(server: OllamaServer, model: Ollama, *, stream: bool) -> None:
    completion = ask(model, stream=stream)
    assert completion == Completion("Olá do modelo.", "llama3.1", Tokens(11, 7), "stop")
    asked = server.requests[-1]
    assert (asked.path, asked.body["stream"]) == ("/api/chat", stream)
    assert asked.body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert "authorization" not in asked.headers


def test_options_and_key_are_said_in_its_words(server: OllamaServer, model: Ollama) -> None:
    extra = {"stop": ["x"], "response_format": {"type": "json_object"}, "user": "not known there"}
    request = CompletionRequest(
        REQUEST.messages, "m", temperature=0.5, top_p=0.9, max_tokens=99, context=8192, extra=extra
    )
    model.with_key("a-key").complete(request, 5.0)
    asked = server.requests[-1]
    assert asked.body["options"] == {
        "temperature": 0.5,
        "top_p": 0.9,
        "num_predict": 99,
        "num_ctx": 8192,
        "stop": ["x"],
    }
    assert asked.body["format"] == "json"
    assert asked.headers["authorization"] == "Bearer a-key"
    assert "user" not in asked.body


@pytest.mark.parametrize("stream", [False, True])
def test_calls_of_tools_go_both_ways(server: OllamaServer, model: Ollama, *, stream: bool) -> None:
    server.script(Reply("", tool_calls=[CALL, CALL]))
    before = {"tool_calls": [{"id": "1", "function": {"name": "find", "arguments": '{"city": "Rio"}'}}]}
    messages = (PromptMessage("assistant", "", before), PromptMessage("tool", "sunny", {"name": "find"}))
    tools = [{"type": "function", "function": {"name": "find"}}]
    completion = ask(model, CompletionRequest(messages, "m", extra={"tools": tools}), stream=stream)

    assert completion.finish_reason == "tool_calls"
    assert [one["function"]["arguments"] for one in completion.tool_calls] == ['{"city": "São Paulo"}'] * 2
    asked = server.requests[-1].body
    assert asked["tools"] == tools
    assert asked["messages"][0]["tool_calls"] == [
        {"function": {"name": "find", "arguments": {"city": "Rio"}}}
    ]
    assert asked["messages"][1]["tool_name"] == "find"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(status=404), ModelRefused),
        (Reply(status=429, headers={"Retry-After": "3"}), ModelBusy),
        (Reply(status=500), ModelUnavailable),
        (Reply(body=b"<html>"), ModelAnswerBroken),
        (Reply(body=b"[]"), ModelAnswerBroken),
        (Reply(body=b'{"done": true}'), ModelAnswerBroken),
        (Reply(body=b'{"error": "out of memory"}'), ModelUnavailable),
        (Reply(""), ModelAnswerBroken),
        (Reply(cut_after=20), ModelAnswerBroken),
        (Reply(lie=10), ModelAnswerBroken),
        (Reply(done=False, body=b'{"message": {"content": "half"}}'), ModelAnswerBroken),
        (Reply(delay_s=2.0), ModelTimedOut),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:9/"}), ModelRefused),
    ],
    ids=lambda one: "" if isinstance(one, Reply) else one.__name__,
)
def test_what_goes_wrong_has_a_name(
    server: OllamaServer, model: Ollama, reply: Reply, problem: type[ModelError], *, stream: bool
) -> None:
    if stream and (reply.cut_after or reply.lie):
        reply = Reply(cut_after=2)
    server.script(reply)
    with pytest.raises(problem) as caught:
        ask(model, stream=stream, seconds=0.3)
    assert caught.value.retry_after == (3 if reply.status == 429 else None)


def test_a_stream_that_drips_ends_with_the_time(server: OllamaServer, model: Ollama) -> None:
    server.script(Reply(pieces=["a "] * 50, drip_s=0.05))
    with pytest.raises(ModelTimedOut):
        ask(model, stream=True, seconds=0.2)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable):
        Ollama(HttpServer("http://127.0.0.1:9", calls=1)).complete(REQUEST, 1.0)


def test_its_models_are_found_by_asking_once_in_a_while() -> None:
    now = [0.0]
    with OllamaServer() as server:
        found = FoundAtOllama(server.base_url, clock=lambda: now[0])
        entries = found.all()
        assert [(one.name, one.provider, one.origin) for one in entries] == [
            ("llama3.1:8b", Provider.OLLAMA, Origin.FOUND),
            ("qwen3:4b", Provider.OLLAMA, Origin.FOUND),
        ]
        assert found.all() == entries
        assert server.served == 1
        now[0] = 31.0
        server.script(Reply(status=500, body=b"no"))
        assert found.all() == entries
    now[0] = 62.0
    assert found.all() == entries  # it is gone; what it said last is what is known
    assert FoundAtOllama("http://127.0.0.1:9").all() == ()
