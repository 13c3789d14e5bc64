"""Traces, from the door to the model, at a real collector."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from bootstrap.installation import Installation
from integrations.embeddings.remote import OPENAI, RemoteEmbedder
from integrations.json_server import JsonServer
from integrations.llm.transport import checked_url
from kit.errors import SettingsError
from kit.tracing import Tracing, tracing
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.servers.other_model_servers import OllamaServer, PlainServer
from tests.servers.trace_collector import TraceCollector
from tests.servers.vector_server import VectorServer
from tests.talk import said, send

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector() -> Iterator[TraceCollector]:
    with TraceCollector() as running:
        yield running


@pytest.fixture
def traced(collector: TraceCollector) -> Iterator[Callable[[], TraceCollector]]:
    """Traces are sent; calling it sends what is left and gives the collector."""
    stop = tracing.start(collector.url, "1.2.3")

    def sent() -> TraceCollector:
        stop()
        return collector

    yield sent
    stop()


def test_a_turn_is_one_trace_from_the_door_to_the_model(
    app: Flask, owner: Caller, server: OpenAIServer, traced: Callable[[], TraceCollector]
) -> None:
    made = owner.new_assistant(model="test-model", temperature=0.5)
    server.script(Reply("Custa 120.", usage=(34, 5)))
    assert said(bot(app, made), "Meu segredo é girassol.", headers={"traceparent": PARENT})
    collector = traced()

    door = collector.named("POST /chats/enviarMensagemLLM")
    assert door["trace"] == PARENT.split("-")[1]
    assert door["parent"] == PARENT.split("-")[2]
    assert door["attributes"]["http.route"] == "/chats/enviarMensagemLLM"
    assert door["attributes"]["http.response.status_code"] == 200
    search, call = collector.named("retrieval"), collector.named("chat test-model")
    assert search["parent"] == call["parent"] == door["id"]
    assert call["kind"] == 3  # client
    assert (
        call["attributes"]
        | {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "server.address": "127.0.0.1",
            "server.port": server.port,
            "gen_ai.request.model": "test-model",
            "gen_ai.request.temperature": 0.5,
            "gen_ai.response.model": "test-model",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 34,
            "gen_ai.usage.output_tokens": 5,
            "orquestra.assistant.id": made["_id"],
        }
        == call["attributes"]
    )
    assert [name for name, _ in call["events"]] == ["orquestra.attempt"]
    assert collector.resources[0]["service.name"] == "orquestra"
    assert collector.resources[0]["service.version"] == "1.2.3"
    for secret in ("girassol", "+5513988593464", made["api_key"]):
        assert secret not in str(collector.spans)


@pytest.mark.parametrize("stream", [False, True])
def test_the_model_server_is_told_which_call_it_works_for(
    app: Flask,
    owner: Caller,
    server: OpenAIServer,
    traced: Callable[[], TraceCollector],
    *,
    stream: bool,
) -> None:
    made = owner.new_assistant(model="test-model")
    more = {"traceparent": PARENT, "tracestate": "vendor=1", "baggage": "name=Bia"}
    assert send(bot(app, made), stream=stream, headers=more).status_code == 200
    told = server.requests[-1].headers
    call = traced().named("chat test-model")
    assert told["traceparent"] == f"00-{call['trace']}-{call['id']}-01"
    assert told["tracestate"] == "vendor=1"
    assert "baggage" not in told  # what clients say of theirs is no business of a model's server


@pytest.mark.parametrize("serving", [OllamaServer, PlainServer])
def test_other_servers_are_told_too(
    admin: Caller, traced: Callable[[], TraceCollector], serving: type[OpenAIServer]
) -> None:
    provider = "ollama" if serving is OllamaServer else "http"
    with serving() as server:
        entry = {"name": f"traced-{provider}", "provider": provider, "base_url": server.base_url}
        assert admin.post("/models", entry).status_code == 201
        assert admin.post(f"/models/test/{entry['name']}").get_json()["ok"]
        assert admin.delete(f"/models/{entry['name']}").status_code == 200
        call = traced().named(f"chat {entry['name']}")
        assert server.requests[-1].headers["traceparent"].split("-")[2] == call["id"]
        assert call["attributes"]["server.port"] == server.port


def test_embeddings_are_part_of_the_trace(
    owner: Caller,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    traced: Callable[[], TraceCollector],
) -> None:
    with VectorServer() as server:
        url = checked_url(server.url, "EMBEDDING_MODEL", "/v1/embeddings")
        one = JsonServer(url, model="letters", calls=1)
        embedder = RemoteEmbedder(OPENAI, "letters", documents=one, queries=one)
        monkeypatch.setattr(installation.house.generation.embed_texts._embedders, "current", embedder)
        assert owner.post("/v1/embeddings", {"input": "oi"}).status_code == 200
        collector = traced()
        call = collector.named("embeddings openai:letters")
        assert call["parent"] == collector.named("POST /v1/embeddings")["id"]
        assert call["attributes"]["gen_ai.operation.name"] == "embeddings"
        assert server.requests[-1].headers["traceparent"].split("-")[1:3] == [call["trace"], call["id"]]
        assert owner.post("/v1/embeddings", {"input": "oi"}).status_code == 200
        assert "traceparent" not in server.requests[-1].headers
        one.close()


def test_a_call_that_fails_and_its_request_are_marked(
    app: Flask, owner: Caller, server: OpenAIServer, traced: Callable[[], TraceCollector]
) -> None:
    made = owner.new_assistant(model="test-model")
    server.default = Reply(status=400)
    assert send(bot(app, made)).status_code == 502
    collector = traced()
    call, door = collector.named("chat test-model"), collector.named("POST /chats/enviarMensagemLLM")
    assert call["failed"]
    assert call["attributes"]["error.type"]
    assert door["failed"]
    assert door["attributes"]["error.type"] == "502"


def test_a_stream_ends_its_trace_when_it_has_been_sent(
    app: Flask, owner: Caller, server: OpenAIServer, traced: Callable[[], TraceCollector]
) -> None:
    made = owner.new_assistant(model="test-model")
    assert "done" in send(bot(app, made), stream=True).text
    collector = traced()
    assert (
        collector.named("chat test-model")["parent"] == collector.named("POST /chats/enviarMensagemLLM")["id"]
    )


def test_a_request_that_leads_nowhere_shows_no_path(app: Flask, traced: Callable[[], TraceCollector]) -> None:
    app.test_client().get("/chats/get/+5513988593464/nada")
    app.test_client().get("/nada/+5513988593464")
    assert "+5513988593464" not in str(traced().spans)


def test_without_a_collector_nothing_is_kept(
    app: Flask, owner: Caller, server: OpenAIServer, collector: TraceCollector
) -> None:
    made = owner.new_assistant(model="test-model")
    assert send(bot(app, made), headers={"traceparent": PARENT}).status_code == 200
    assert "traceparent" not in server.requests[-1].headers
    assert collector.spans == []


def test_an_address_that_is_none_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        Tracing().start("collector:4318", "1")
