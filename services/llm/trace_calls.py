"""A span for every model call, with the names that OpenTelemetry gives to what models do."""

from __future__ import annotations

from collections.abc import Sequence

from kit.errors import AppError
from kit.tracing import OpenSpan, Value, tracing
from models.catalogue import ModelEntry
from models.completions import Completion, CompletionRequest
from models.routing import Attempt
from services.llm.base import CallWatch


class TraceCalls:
    """A ``ModelCallObserver``: who was asked, how, and what it came to; never a text, a key or a contact."""

    def begins(self, request: CompletionRequest, chain: Sequence[ModelEntry]) -> CallWatch | None:
        """Open the span, where somebody reads it."""
        if not tracing.is_on:
            return None
        first = chain[0] if chain else None
        asked: dict[str, Value] = {
            **_server_of(first),
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": str(first.provider) if first else "",
            "gen_ai.request.model": first.name if first else request.model,
            "orquestra.assistant.id": request.assistant_id,
            "orquestra.purpose": request.purpose,
        }
        chosen: dict[str, Value | None] = {
            "gen_ai.request.temperature": request.temperature,
            "gen_ai.request.top_p": request.top_p,
            "gen_ai.request.max_tokens": request.max_tokens,
        }
        asked |= {name: value for name, value in chosen.items() if value is not None}
        return _Call(tracing.begin(f"chat {asked['gen_ai.request.model']}", "client", asked))


class _Call:
    def __init__(self, span: OpenSpan) -> None:
        self._span = span
        self.headers = span.headers()

    def attempted(self, entry: ModelEntry, attempt: Attempt) -> None:
        self._span.note(
            "orquestra.attempt",
            {
                "gen_ai.request.model": attempt.model,
                "gen_ai.provider.name": str(entry.provider),
                "orquestra.outcome": attempt.outcome,
                "orquestra.duration_ms": attempt.ms,
                **_server_of(entry),
            },
        )

    def ended(self, completion: Completion | None, problem: BaseException | None) -> None:
        if completion is None:
            code = problem.error_code if isinstance(problem, AppError) else type(problem).__name__
            self._span.end(error=code if problem else "left")
            return
        self._span.end(
            {
                "gen_ai.response.model": completion.model,
                "gen_ai.response.finish_reasons": (completion.finish_reason,),
                "gen_ai.usage.input_tokens": completion.tokens.input,
                "gen_ai.usage.output_tokens": completion.tokens.output,
                "orquestra.queue_ms": completion.routing.queue_ms,
            }
        )


def _server_of(entry: ModelEntry | None) -> dict[str, Value]:
    """Where a model is asked, if that is another server."""
    server = entry.server if entry else None
    return {"server.address": server[0], "server.port": server[1]} if server else {}
