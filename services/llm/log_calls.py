"""One line in the log for every model call: who answered, and who did not."""

from __future__ import annotations

from collections.abc import Sequence

from kit.errors import AppError
from kit.logging import get_logger
from models.catalogue import ModelEntry
from models.completions import Completion, CompletionRequest
from models.routing import Attempt
from services.llm.base import NO_HEADERS

_log = get_logger("models")


class LogCalls:
    """A ``ModelCallObserver`` that writes names, times and counts; never a text or a key."""

    def begins(self, request: CompletionRequest, chain: Sequence[ModelEntry]) -> _Line:
        """Remember for whom it is until it ends."""
        del chain
        return _Line(request)


class _Line:
    headers = NO_HEADERS

    def __init__(self, request: CompletionRequest) -> None:
        self._request = request
        self._attempts: list[Attempt] = []

    def attempted(self, entry: ModelEntry, attempt: Attempt) -> None:
        del entry
        self._attempts.append(attempt)

    def ended(self, completion: Completion | None, problem: BaseException | None) -> None:
        tried = " ".join(f"{one.model}:{one.outcome}:{one.ms}" for one in self._attempts)
        facts = {"assistant_id": self._request.assistant_id, "purpose": self._request.purpose}
        if completion is None and problem is None:
            _log.info("model call left", **facts, attempts=tried)
            return
        if completion is None:
            code = problem.error_code if isinstance(problem, AppError) else type(problem).__name__
            _log.warning("model call failed", **facts, attempts=tried, code=code)
            return
        _log.info(
            "model call",
            **facts,
            model=completion.model,
            attempts=tried,
            queue_ms=completion.routing.queue_ms,
            model_ms=completion.routing.model_ms,
            tokens_in=completion.tokens.input,
            tokens_out=completion.tokens.output,
        )
