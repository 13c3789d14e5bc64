"""Complete a prompt: choose who serves the model, and try again what is worth it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from integrations.llm.base import ChatModel
from kit.workplaces import away
from models.completions import Completion, CompletionRequest
from models.model_errors import ModelAnswerBroken, ModelError, ModelNotConfigured, ModelTimedOut

OFFLINE = "offline"
OPENAI_DEFAULT = "gpt-4o-mini"  # with OpenAI's key and no LLM_MODEL: small, cheap, reads all four languages
ATTEMPTS = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0

_T = TypeVar("_T")


class CompletePrompt:
    """Completes prompts with the model they name, within one total deadline.

    The name ``offline`` is the built-in model, an empty one the default; every other is served by
    ``provider``, or is ``ModelNotConfigured`` when there is none: never quietly by the built-in one.
    What fails for a moment is tried at most three times, after a random pause that grows (full
    jitter) or as long as the server asked; in a stream only until its first text.
    """

    def __init__(
        self,
        *,
        offline: ChatModel,
        provider: ChatModel | None,
        default_model: str,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._offline = offline
        self._provider = provider
        self._default = default_model
        self._timeout_s = timeout_s
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    @property
    def default_model(self) -> str:
        """The name that an empty one stands for; empty itself when ``LLM_MODEL`` is needed and not set."""
        return self._default

    def known_models(self) -> tuple[str, ...]:
        """The names that work for certain, the default first; a provider may know more."""
        return tuple(dict.fromkeys(name for name in (self._default, OFFLINE) if name))

    def complete(self, request: CompletionRequest) -> Completion:
        """The whole answer; a ``ModelError`` when there is none after all attempts."""
        server, named = self._route(request)
        return self._persistently(lambda left: server.complete(named, left))

    def stream(self, request: CompletionRequest) -> CompletionStream:
        """Text as it comes and at last the ``Completion``; it returns once the first text is there.

        So every ``ModelError`` that comes before any text is raised here, and only a stream that
        breaks midway raises later.
        """
        server, named = self._route(request)
        return self._persistently(lambda left: CompletionStream(server.stream(named, left)))

    def _route(self, request: CompletionRequest) -> tuple[ChatModel, CompletionRequest]:
        name = request.model or self._default
        if name == OFFLINE:
            return self._offline, replace(request, model=name)
        if not name:
            raise ModelNotConfigured("No model is named: LLM_MODEL is not set.")
        if self._provider is None:
            raise ModelNotConfigured(f"No server is configured for the model {name}.")
        return self._provider, replace(request, model=name)

    def _persistently(self, call: Callable[[float], _T]) -> _T:
        deadline = self._clock() + self._timeout_s
        for attempt in range(ATTEMPTS):
            left = deadline - self._clock()
            if left <= 0:
                break
            try:
                return call(left)
            except ModelError as problem:
                pause = self._pause(attempt, problem)
                if not problem.worth_a_retry or attempt == ATTEMPTS - 1 or self._clock() + pause >= deadline:
                    raise
            with away():
                self._sleep(pause)
        raise ModelTimedOut

    def _pause(self, attempt: int, problem: ModelError) -> float:
        """Seconds to wait: full jitter, and never less than the server asked for."""
        jitter = self._chance() * min(FIRST_PAUSE_S * 2.0**attempt, LONGEST_PAUSE_S)
        return max(jitter, problem.retry_after or 0.0)


class CompletionStream:
    """An answer on its way, its first text already there; closing it ends the call behind it."""

    def __init__(self, steps: Iterator[str | Completion]) -> None:
        self._steps = steps
        self._first: str | Completion | None = next(steps, None)
        if self._first is None:
            raise ModelAnswerBroken

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._steps)

    def close(self) -> None:
        """Stop here; again is the same."""
        self._first = None
        close = getattr(self._steps, "close", None)
        if close is not None:
            close()


def choose_default(*, llm_model: str, api_key: str, base_url: str) -> str:
    """The model of assistants that name none, from the settings.

    Without key and base URL it is the built-in one; with OpenAI's key alone a small model of theirs;
    at another server nothing can be guessed, and an empty name says so.
    """
    if not api_key and not base_url:
        return OFFLINE
    return llm_model or ("" if base_url else OPENAI_DEFAULT)
