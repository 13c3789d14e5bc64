"""What the log says of a call."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from kit.logging import get_logger
from models.catalogue import ModelEntry, Provider
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelBusy
from models.routing import Attempt, Routing
from services.llm import log_calls
from services.llm.log_calls import LogCalls

ENTRY = ModelEntry("big", Provider.OPENAI, api_key="sk-secret")
REQUEST = CompletionRequest((PromptMessage("user", "a secret"),), "big", assistant_id="a1", purpose="chat")
ATTEMPTS = (Attempt("big", "model_busy", 12), Attempt("small", "answered", 30))


@pytest.mark.parametrize(
    ("completion", "problem", "said"),
    [
        (
            Completion("words", "small", Tokens(3, 4), routing=Routing(ATTEMPTS, 5, 30)),
            None,
            {"event": "model call", "model": "small", "queue_ms": 5, "model_ms": 30, "tokens_out": 4},
        ),
        (None, ModelBusy(), {"event": "model call failed", "code": "model_busy", "log_level": "warning"}),
        (None, None, {"event": "model call left"}),
    ],
    ids=["answered", "failed", "left"],
)
def test_names_times_and_counts_and_never_a_text_or_a_key(
    monkeypatch: pytest.MonkeyPatch,
    completion: Completion | None,
    problem: ModelBusy | None,
    said: dict[str, object],
) -> None:
    with capture_logs() as lines:
        monkeypatch.setattr(log_calls, "_log", get_logger("models"))
        line = LogCalls().begins(REQUEST, (ENTRY,))
        for attempt in ATTEMPTS:
            line.attempted(ENTRY, attempt)
        line.ended(completion, problem)
    [written] = lines
    assert written.items() >= {**said, "attempts": "big:model_busy:12 small:answered:30"}.items()
    assert "secret" not in str(written)
    assert "words" not in str(written)
