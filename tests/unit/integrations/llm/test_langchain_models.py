"""LangChain's chat models behind our seam, with LangChain's own fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integrations.llm.langchain_models import LangChainModels
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelNotConfigured,
    ModelTimedOut,
    ModelUnavailable,
)

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from tests.servers.langchain_fake import FailingFake

REQUEST = CompletionRequest(
    (PromptMessage("system", "Be brief."), PromptMessage("user", "Olá?")), "vendor:m", temperature=0.3
)


class StatusError(Exception):
    status_code = 429


class Maker:
    """Stands where ``init_chat_model`` does."""

    def __init__(self, *answers: AIMessage | str, **more: Any) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        from tests.servers.langchain_fake import FailingFake

        self._fake = FailingFake(messages=iter(answers), **more)

    def __call__(self, model: str, **options: Any) -> FailingFake:
        self.made.append((model, options))
        return self._fake


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_comes_as_from_any_other(*, stream: bool) -> None:
    from langchain_core.messages import AIMessage

    usage: Any = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    maker = Maker(AIMessage("Olá do modelo.", usage_metadata=usage))
    model = LangChainModels(maker, "http://host/v1").with_key("k")
    if stream:
        *texts, last = model.stream(REQUEST, 5.0)
        assert "".join(map(str, texts)) == "Olá do modelo."
        assert len(texts) > 1
    else:
        last = model.complete(REQUEST, 5.0)
    assert isinstance(last, Completion)
    assert (last.text, last.model, last.finish_reason) == ("Olá do modelo.", "vendor:m", "stop")
    [(name, options)] = maker.made
    assert name == "vendor:m"
    assert options == {
        "api_key": "k",
        "base_url": "http://host/v1",
        "temperature": 0.3,
        "max_retries": 0,
        "timeout": 600.0,
    }


def test_a_chat_model_is_made_once_for_all_calls_alike() -> None:
    maker = Maker("a", "b", "c")
    models = LangChainModels(maker)
    assert models.with_key("k").complete(REQUEST, 5.0).text == "a"
    assert models.with_key("k").complete(REQUEST, 5.0).text == "b"
    assert models.with_key("other").complete(REQUEST, 5.0).text == "c"
    assert len(maker.made) == 2


def test_tokens_are_the_servers_or_estimated() -> None:
    completion = LangChainModels(Maker("abc")).complete(REQUEST, 5.0)
    assert completion.tokens.estimated
    assert isinstance(completion.tokens, Tokens)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"problem": StatusError()}, ModelBusy),
        ({"problem": ConnectionError("secret")}, ModelUnavailable),
        ({"problem": TimeoutError()}, ModelTimedOut),
        ({"problem": ImportError("langchain-x")}, ModelNotConfigured),
        ({"problem": ValueError("unknown")}, ModelNotConfigured),
        ({"delay_s": 0.5}, ModelTimedOut),
    ],
    ids=["429", "connection", "timeout", "package", "unknown", "slow"],
)
def test_what_goes_wrong_has_a_name(more: dict[str, Any], problem: type[ModelError]) -> None:
    with pytest.raises(problem) as caught:
        LangChainModels(Maker("x", **more)).complete(REQUEST, 0.1 if problem is ModelTimedOut else 5.0)
    assert "secret" not in str(caught.value)


def test_an_empty_answer_is_broken() -> None:
    from langchain_core.messages import AIMessage

    with pytest.raises(ModelAnswerBroken):
        LangChainModels(Maker(AIMessage(" "))).complete(REQUEST, 5.0)
