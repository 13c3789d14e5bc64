"""The plain protocol over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.llm.http_server import HttpServer
from integrations.llm.plain_http import PlainHttp, rendered
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelAnswerBroken, ModelBusy, ModelError, ModelRefused, ModelTimedOut
from tests.servers.openai_server import Reply
from tests.servers.other_model_servers import PlainServer

REQUEST = CompletionRequest((PromptMessage("user", "Olá?"),), "house")


@pytest.fixture(scope="module")
def server() -> Iterator[PlainServer]:
    with PlainServer() as running:
        yield running


@pytest.fixture(scope="module")
def model(server: PlainServer) -> Iterator[PlainHttp]:
    made = PlainHttp(HttpServer(server.base_url, calls=4))
    yield made
    made.close()


def test_a_message_gives_a_response(server: PlainServer, model: PlainHttp) -> None:
    completion = model.with_key("k").complete(REQUEST, 5.0)
    assert (completion.text, completion.model, completion.tokens.estimated) == (
        "Olá do modelo.",
        "house",
        True,
    )
    asked = server.requests[-1]
    assert (asked.path, asked.body) == ("/generate", {"message": "Olá?"})
    assert asked.headers["authorization"] == "Bearer k"
    text, whole = model.stream(REQUEST, 5.0)
    assert isinstance(whole, Completion)
    assert text == whole.text


def test_an_address_keeps_its_query(server: PlainServer) -> None:
    model = PlainHttp(HttpServer(f"{server.base_url}/?mode=short", calls=1))
    assert model.complete(REQUEST, 5.0).text
    assert server.requests[-1].path == "/generate?mode=short"
    model.close()


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(status=401), ModelRefused),
        (Reply(status=503), ModelBusy),
        (Reply(body=b'{"answer": "x"}'), ModelAnswerBroken),
        (Reply(body=b'{"response": 3}'), ModelAnswerBroken),
        (Reply(" "), ModelAnswerBroken),
        (Reply(body=b"plain text"), ModelAnswerBroken),
        (Reply(lie=5), ModelAnswerBroken),
        (Reply(drip_s=0.1), ModelTimedOut),
    ],
    ids=lambda one: "" if isinstance(one, Reply) else one.__name__,
)
def test_what_goes_wrong_has_a_name(
    server: PlainServer, model: PlainHttp, reply: Reply, problem: type[ModelError]
) -> None:
    server.script(reply)
    with pytest.raises(problem):
        model.complete(REQUEST, 0.3)


def test_a_prompt_becomes_one_text() -> None:
    rules, before, answer = (
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "Hi"),
        PromptMessage("assistant", "Hello."),
    )
    last = PromptMessage("user", "How much?")
    assert rendered([rules, last]) == "Be brief.\n\nHow much?"
    assert rendered([rules, before, answer, last]) == (
        "Be brief.\n\nUser: Hi\n\nAssistant: Hello.\n\nUser: How much?"
    )
