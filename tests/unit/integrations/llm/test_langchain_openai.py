"""The ``langchain`` provider with the vendor whose package is installed: LangChain's client, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.llm.choose import connect
from integrations.llm.langchain_models import LangChainModels
from models.catalogue import ModelEntry, Provider
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelBusy, ModelRefused
from tests.servers.openai_server import OpenAIServer, Reply

REQUEST = CompletionRequest(
    (PromptMessage("system", "Be brief."), PromptMessage("user", "Olá?")),
    "openai:test-model",
    temperature=0.3,
)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def model(server: OpenAIServer) -> Iterator[LangChainModels]:
    entry = ModelEntry(name="m", provider=Provider.LANGCHAIN, model=REQUEST.model, base_url=server.base_url)
    made = connect(entry, calls=2)
    assert isinstance(made, LangChainModels)
    yield made.with_key("sk-own")
    made.close()


def test_an_answer_comes_from_the_server_that_the_entry_names(
    server: OpenAIServer, model: LangChainModels
) -> None:
    completion = model.complete(REQUEST, 30.0)

    assert (completion.text, completion.tokens.input, completion.tokens.output) == ("Olá do modelo.", 11, 7)
    (asked,) = server.requests
    assert asked.headers["authorization"] == "Bearer sk-own"
    (body,) = server.bodies()
    assert (body["model"], body["temperature"]) == ("test-model", 0.3)


def test_a_stream_comes_in_pieces(model: LangChainModels) -> None:
    *pieces, last = model.stream(REQUEST, 30.0)

    assert len(pieces) > 1
    assert isinstance(last, Completion)
    assert "".join(map(str, pieces)) == last.text == "Olá do modelo."


@pytest.mark.parametrize(("status", "error"), [(429, ModelBusy), (401, ModelRefused)])
def test_refusals_have_their_names(
    server: OpenAIServer, model: LangChainModels, status: int, error: type[Exception]
) -> None:
    server.script(Reply(status=status))

    with pytest.raises(error):
        model.complete(REQUEST, 30.0)
    assert len(server.requests) == 1  # LangChain's own retries are off
