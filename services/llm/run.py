"""One model call under way, and one model of its chain being asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Self

from kit.breaker import Breaker
from kit.errors import AppError
from models.catalogue import ModelEntry
from models.completions import Completion, CompletionRequest
from models.model_errors import ModelError
from models.routing import ANSWERED, RESTING, Attempt, Routing
from services.llm.base import CallWatch
from services.llm.servers import own_key


class Run:
    """One call under way: what is asked, of whom, until when (by the clock), and what came of it so far.

    As a context, an error inside ends it; without one it goes on, as a stream does.
    """

    def __init__(self, request: CompletionRequest, chain: tuple[ModelEntry, ...], deadline: float) -> None:
        self.request = request
        self.chain = chain
        self.deadline = deadline
        self.attempts: list[Attempt] = []
        self.watches: list[CallWatch] = []
        self.queue_s = 0.0
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _frames: object) -> None:
        if problem is not None:
            self.end(None, problem)

    @property
    def asked_nobody(self) -> bool:
        """Whether no model was asked so far: each was passed over."""
        return all(one.outcome == RESTING for one in self.attempts)

    def own_key_of(self, entry: ModelEntry) -> str:
        """The assistant's own key for it, sealed: what its breaker is known by."""
        own = own_key(self.request.provider_keys, entry)
        return own.sealed if own else ""

    def note(self, entry: ModelEntry, outcome: str, seconds: float) -> None:
        """A model was asked, or passed over, and for so long."""
        attempt = Attempt(entry.name, outcome, round(seconds * 1000))
        self.attempts.append(attempt)
        for watch in self.watches:
            watch.attempted(entry, attempt)

    def routing(self) -> Routing:
        """How the call has come about so far."""
        return Routing(
            tuple(self.attempts), round(self.queue_s * 1000), self.attempts[-1].ms if self.attempts else 0
        )

    def end(self, completion: Completion | None, problem: BaseException | None) -> None:
        """The call is over, with one of the two or (a stream that is left early) neither; again is nothing."""
        if not self._ended:
            self._ended = True
            if isinstance(problem, ModelError):
                problem.routing = self.routing()
                problem.details["attempts"] = [asdict(one) for one in self.attempts]
            for watch in self.watches:
                watch.ended(completion, problem)


class Asking:
    """One model being asked: its time, its breaker, and the note of what came of it."""

    def __init__(self, run: Run, entry: ModelEntry, breaker: Breaker, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._breaker = breaker
        self._run = run
        self._entry = entry
        self._began = self._clock()
        self._answered = False

    def __enter__(self) -> Self:
        return self

    def answered(self, completion: Completion) -> Completion:
        """The answer under the name of the entry, with how it came about."""
        self._answered = True
        self._breaker.succeeded()
        self._run.note(self._entry, ANSWERED, self._clock() - self._began)
        return replace(completion, model=self._entry.name, routing=self._run.routing())

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        if self._answered:
            return
        if isinstance(problem, ModelError) and problem.worth_a_retry:
            self._breaker.failed()
        elif kind is not None and issubclass(kind, ModelError | GeneratorExit):
            self._breaker.succeeded()  # it refused, or was left in the middle of its answer: it lives
        if problem is not None and not isinstance(problem, GeneratorExit):
            outcome = problem.error_code if isinstance(problem, AppError) else type(problem).__name__
            self._run.note(self._entry, outcome, self._clock() - self._began)
