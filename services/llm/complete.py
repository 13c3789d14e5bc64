"""Complete a prompt: choose who serves the model, try again what is worth it, and go to the next."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from kit.workplaces import away
from models.catalogue import ModelEntry, chain_of
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelError, ModelNotConfigured, ModelTimedOut
from services.llm.ask_model import AskModel, Call, OutOfTime, PassedOver, no_place
from services.llm.base import ModelCallObserver
from services.llm.breakers import Breakers
from services.llm.catalogue import Catalogue
from services.llm.fair_queue import FairQueues
from services.llm.run import Run
from services.llm.servers import Servers
from services.llm.stream import CompletionStream

ROUNDS = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0

_T = TypeVar("_T")


class CompletePrompt:
    """Answers with the model that a request names, or one of its fall-backs, within one total deadline.

    The chain is the model, its fall-backs and theirs, then the assistant's ``fallback_models``. Each is asked
    once before any is asked again; at most three rounds, with a random pause between (full jitter), or as long
    as the servers asked for. A model that keeps failing is passed over for a while, or tried by one call a
    second where there is no other; one with a bound on calls at once has a queue in which assistants take turns.
    While another is left, one may use up half of the time. In a stream all of that happens until the first text.
    What nobody serves is ``ModelNotConfigured``: never quietly answered by the built-in model.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        servers: Servers,
        timeout_s: float,
        breakers: Breakers | None = None,
        queues: FairQueues | None = None,
        observers: Sequence[ModelCallObserver] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._catalogue = catalogue
        self._timeout_s = timeout_s
        self._ask = AskModel(
            servers=servers,
            breakers=breakers or Breakers(),
            queues=queues or FairQueues(),
            clock=clock,
            sleep=sleep,
        )
        self._observers = tuple(observers)
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    def complete(self, request: CompletionRequest) -> Completion:
        """The whole answer; a ``ModelError`` when there is none after all attempts."""
        with self._run(request, self.chain(request)) as run:
            completion = self._persistently(run, self._ask.whole)
            run.end(completion, None)
            return completion

    def stream(self, request: CompletionRequest) -> CompletionStream:
        """Text as it comes and at last the ``Completion``; it returns once the first text is there.

        So every ``ModelError`` that comes before any text is raised here, and only a stream that
        breaks midway raises later.
        """
        with self._run(request, self.chain(request)) as run:
            return self._persistently(run, self._ask.streamed)

    def try_out(self, entry: ModelEntry) -> Completion:
        """Ask this one model for one word, past fall-backs, queue and breaker; a good answer ends its rest."""
        request = CompletionRequest((PromptMessage("user", "Reply with OK."),), entry.name, purpose="test")
        with self._run(request, (entry,)) as run:
            timeout_s = min(self._timeout_s, entry.timeout_s or self._timeout_s)
            completion = self._ask.whole(run, entry, timeout_s, no_place)
            run.end(completion, None)
            return completion

    def ready(self, entry: ModelEntry) -> bool:
        """Whether a model is not left alone for its failures right now."""
        return self._ask.ready(entry)

    def chain(self, request: CompletionRequest) -> tuple[ModelEntry, ...]:
        """The models that may be asked, in their order; ``ModelNotConfigured`` when nobody serves the first."""
        catalogue = self._catalogue
        name = request.model or catalogue.default_model
        if not name:
            raise ModelNotConfigured("No model is named: LLM_MODEL is not set.")
        first = catalogue.find_or_pass_on(name)
        if first is None:
            raise ModelNotConfigured(f"No server is configured for the model {name}.")
        return chain_of((first, *map(catalogue.find, request.fallback_models)), catalogue.find)

    def _run(self, request: CompletionRequest, chain: tuple[ModelEntry, ...]) -> Run:
        seconds = min(self._timeout_s, request.timeout_s or self._timeout_s)
        with Run(request, chain, self._clock() + seconds) as run:
            for one in self._observers:
                if (watch := one.begins(request, chain)) is not None:
                    run.watches.append(watch)
                    if watch.headers:
                        run.request = replace(run.request, headers={**run.request.headers, **watch.headers})
        return run

    def _persistently(self, run: Run, call: Call[_T]) -> _T:
        tries = _Tries(run.chain)
        for number in range(ROUNDS):
            if number and not self._paused(run, number - 1, tries):
                break
            asked = False
            due = tries.due(self._clock())
            for at, entry in enumerate(due):
                try:
                    return self._ask.attempt(run, entry, call, last=at == len(due) - 1)
                except PassedOver as passed:
                    tries.problem = tries.problem or passed.resting
                except OutOfTime:
                    raise tries.problem or ModelTimedOut() from None
                except ModelError as problem:
                    asked = True
                    tries.failed(entry, problem, self._clock())
            if not asked or not tries.left:
                break
        raise tries.problem or ModelTimedOut()

    def _paused(self, run: Run, number: int, tries: _Tries) -> bool:
        """Wait before the next round: full jitter, and never less than the soonest server asked for.

        ``False`` at once when that is beyond the deadline.
        """
        now = self._clock()
        jitter = self._chance() * min(FIRST_PAUSE_S * 2.0**number, LONGEST_PAUSE_S)
        pause = max(jitter, tries.soonest(now) - now)
        if now + pause >= run.deadline:
            return False
        with away():
            self._sleep(pause)
        return True


class _Tries:
    """What of a chain is still worth asking and when, and why there is no answer yet. Times are the clock's."""

    def __init__(self, chain: Sequence[ModelEntry]) -> None:
        self.left = list(chain)
        self.problem: ModelError | None = None
        self._not_before: dict[str, float] = {}

    def due(self, now: float) -> list[ModelEntry]:
        """Those that may be asked now."""
        return [one for one in self.left if self._not_before.get(one.name, 0.0) <= now]

    def soonest(self, now: float) -> float:
        """When the first of those that are left may be asked, by what their servers said."""
        return min(self._not_before.get(one.name, now) for one in self.left)

    def failed(self, entry: ModelEntry, problem: ModelError, now: float) -> None:
        """Note what a model answered instead."""
        self.problem = problem
        self._not_before[entry.name] = now + (problem.retry_after or 0.0)
        if not problem.worth_a_retry:
            self.left.remove(entry)
