"""The clients that people use, against the real server on loopback: ``openai``, LangChain and ``curl``."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import openai
import pytest
from flask import Flask
from pydantic import SecretStr

from bootstrap.installation import Installation
from routes.server import WebServer
from tests.api.test_openai import CALL, calling
from tests.people import Caller
from tests.servers.openai_server import OpenAIServer, Reply

QUESTION: Any = [{"role": "user", "content": "Quanto custa a limpeza?"}]


@dataclass(frozen=True)
class Door:
    """Where it listens, and the keys of an assistant and of its owner."""

    url: str
    key: str
    token: str

    def client(self, key: str = "") -> openai.OpenAI:
        return openai.OpenAI(base_url=self.url, api_key=key or self.key, max_retries=0)


@pytest.fixture(scope="module")
def address(app: Flask, installation: Installation) -> Iterator[str]:
    server = WebServer(app, replace(installation.house.settings, host="127.0.0.1", port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/v1"
    server.stop()
    thread.join(10)


@pytest.fixture
def door(address: str, owner: Caller) -> Door:
    assistant = owner.new_assistant(model="test-model")
    owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 120 reais.")
    token = owner.post("/auth/tokens", {"name": "x"}).get_json()["token"]
    return Door(address, assistant["api_key"], token)


@pytest.fixture(autouse=True)
def server(model_server: OpenAIServer) -> Iterator[OpenAIServer]:
    model_server.default = Reply("São 120 reais [1].")
    yield model_server
    model_server.forget()


def test_the_openai_package(door: Door, server: OpenAIServer) -> None:
    with door.client() as client:
        answer = client.chat.completions.create(model="default", messages=QUESTION, user="cliente-7")
        assert answer.choices[0].message.content == "São 120 reais [1]."
        assert answer.usage is not None
        assert answer.usage.total_tokens == 18
        extra = answer.model_extra or {}
        assert [one["filename"] for one in extra["sources"]] == ["a.md"]
        assert client.models.list().data[0].id == "test-model"
        assert client.models.retrieve("offline").owned_by == "offline"
        options: Any = {"include_usage": True}
        stream = client.chat.completions.create(
            model="default", messages=QUESTION, stream=True, stream_options=options
        )
        chunks = list(stream)
        text = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
        assert text == "São 120 reais [1]."
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.completion_tokens == 7


def test_the_openai_packages_tools_and_parsing(door: Door, server: OpenAIServer) -> None:
    tools: Any = [{"type": "function", "function": {"name": "agenda", "parameters": {"type": "object"}}}]
    with door.client(door.token) as client:
        for streamed in (False, True):
            server.script(calling(stream=streamed))
            with client.chat.completions.stream(model="test-model", messages=QUESTION, tools=tools) as stream:
                message = stream.get_final_completion().choices[0].message
            assert message.tool_calls is not None
            [call] = message.tool_calls
            assert call.function.arguments == CALL["function"]["arguments"]


def test_the_openai_package_embeds(door: Door) -> None:
    with door.client() as client:
        # It asks for base64 by itself, and unpacks it.
        packed = client.embeddings.create(model="default", input=["limpeza", "preço"])
        plain = client.embeddings.create(model="default", input="limpeza", encoding_format="float")
    assert len(packed.data) == 2
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)


def test_the_openai_packages_errors(door: Door, server: OpenAIServer) -> None:
    with door.client("ask_wrong") as stranger, pytest.raises(openai.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.code == "invalid_api_key"
    with door.client() as client:
        with pytest.raises(openai.BadRequestError) as wrong:
            client.chat.completions.create(model="default", messages=QUESTION, temperature=3)
        assert (wrong.value.param, wrong.value.type) == ("temperature", "invalid_request_error")
        with pytest.raises(openai.NotFoundError) as unknown:
            client.models.retrieve("gpt-99")
        assert unknown.value.code == "model_not_found"
        server.script(Reply(pieces=("São ", "120 "), cut_after=2))
        stream = client.chat.completions.create(model="default", messages=QUESTION, stream=True)
        with pytest.raises(openai.APIError) as broken:
            list(stream)
        assert broken.value.code in ("model_answer_broken", "model_unavailable")


def test_langchain(door: Door, server: OpenAIServer) -> None:
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="default", base_url=door.url, api_key=SecretStr(door.key), stream_usage=True)
    answer = model.invoke("Quanto custa a limpeza?")
    assert answer.content == "São 120 reais [1]."
    usage: Any = answer.usage_metadata
    assert usage["total_tokens"] == 18
    pieces = list(model.stream("Quanto custa a limpeza?"))
    assert "".join(str(one.content) for one in pieces) == "São 120 reais [1]."
    assert sum(one.usage_metadata["total_tokens"] for one in pieces if one.usage_metadata) == 18

    @tool
    def agenda(dia: str) -> str:
        """When there is room."""
        return f"{dia}: 9 h"

    able = model.bind_tools([agenda])
    server.script(calling())
    asked = able.invoke("Tem hora hoje?")
    assert [(one["name"], one["args"]) for one in asked.tool_calls] == [("agenda", {"dia": "hoje"})]
    result = ToolMessage("hoje: 9 h", tool_call_id=asked.tool_calls[0]["id"])
    assert able.invoke([HumanMessage("Tem hora hoje?"), asked, result]).content == "São 120 reais [1]."
    assert [one["role"] for one in server.bodies()[-1]["messages"]] == ["system", "user", "assistant", "tool"]


def test_langchain_embeds(door: Door) -> None:
    from langchain_openai import OpenAIEmbeddings

    embedder = OpenAIEmbeddings(
        model="default",
        base_url=door.url,
        api_key=SecretStr(door.key),
        check_embedding_ctx_length=False,
    )
    assert len(embedder.embed_documents(["limpeza", "preço"])) == 2
    assert len(embedder.embed_query("limpeza")) > 100


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl(door: Door) -> None:
    def curl(body: dict[str, Any]) -> str:
        command = ["curl", "-sN", f"{door.url}/chat/completions", "-H", f"Authorization: Bearer {door.key}"]
        sent = [*command, "-H", "Content-Type: application/json", "-d", json.dumps(body)]
        return subprocess.run(sent, capture_output=True, text=True, check=True, timeout=20).stdout

    asked = {"model": "default", "messages": QUESTION}
    assert json.loads(curl(asked))["choices"][0]["message"]["content"] == "São 120 reais [1]."
    streamed = curl({**asked, "stream": True})
    assert streamed.startswith('data: {"id":"chatcmpl-')
    assert streamed.endswith("data: [DONE]\n\n")
