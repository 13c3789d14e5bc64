"""Complete a prompt: choose who serves the model, try again what is worth it, and go to the next."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Protocol, Self, TypeVar

from kit.breaker import Breaker
from kit.errors import AppError
from kit.workplaces import away
from models.catalogue import OFFLINE, ModelEntry, chain_of
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelError,
    ModelNotConfigured,
    ModelQueueFull,
    ModelResting,
    ModelTimedOut,
)
from models.routing import ANSWERED, RESTING, Attempt, Routing
from services.llm.base import CallWatch, ModelCallObserver
from services.llm.breakers import Breakers
from services.llm.catalogue import Catalogue
from services.llm.fair_queue import FairQueues
from services.llm.servers import Servers, own_key

OPENAI_DEFAULT = "gpt-4o-mini"  # with OpenAI's key and no LLM_MODEL: small, cheap, reads all four languages
ROUNDS = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
# How long a call waits in the queue of a model while there is another one to go to.
PATIENCE_S = 5.0

_T_co = TypeVar("_T_co", covariant=True)


class _Call(Protocol[_T_co]):
    """How one model is asked: wholly, or as a stream."""

    def __call__(
        self, run: _Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None], /
    ) -> _T_co: ...


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
        self._servers = servers
        self._timeout_s = timeout_s
        self._breakers = breakers or Breakers()
        self._queues = queues or FairQueues()
        self._observers = tuple(observers)
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    def complete(self, request: CompletionRequest) -> Completion:
        """The whole answer; a ``ModelError`` when there is none after all attempts."""
        run = self._run(request, self.chain(request))
        try:
            completion = self._persistently(run, self._whole)
        except BaseException as problem:
            run.end(None, problem)
            raise
        run.end(completion, None)
        return completion

    def stream(self, request: CompletionRequest) -> CompletionStream:
        """Text as it comes and at last the ``Completion``; it returns once the first text is there.

        So every ``ModelError`` that comes before any text is raised here, and only a stream that
        breaks midway raises later.
        """
        run = self._run(request, self.chain(request))
        try:
            return self._persistently(run, self._streamed)
        except BaseException as problem:
            run.end(None, problem)
            raise

    def try_out(self, entry: ModelEntry) -> Completion:
        """Ask this one model for one word, past fall-backs, queue and breaker; a good answer ends its rest."""
        request = CompletionRequest((PromptMessage("user", "Reply with OK."),), entry.name, purpose="test")
        run = self._run(request, (entry,))
        try:
            timeout_s = min(self._timeout_s, entry.timeout_s or self._timeout_s)
            completion = self._whole(run, entry, timeout_s, _nothing)
        except BaseException as problem:
            run.end(None, problem)
            raise
        run.end(completion, None)
        return completion

    def ready(self, entry: ModelEntry) -> bool:
        """Whether a model is not left alone for its failures right now."""
        return not self._breakers.of(entry).is_open

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

    def _run(self, request: CompletionRequest, chain: tuple[ModelEntry, ...]) -> _Run:
        seconds = min(self._timeout_s, request.timeout_s or self._timeout_s)
        run = _Run(request, chain, self._clock() + seconds)
        try:
            for one in self._observers:
                if (watch := one.begins(request, chain)) is not None:
                    run.watches.append(watch)
                    if watch.headers:
                        run.request = replace(run.request, headers={**run.request.headers, **watch.headers})
        except BaseException as problem:
            run.end(None, problem)
            raise
        return run

    def _persistently(self, run: _Run, call: _Call[_T_co]) -> _T_co:
        left = list(run.chain)
        not_before: dict[str, float] = {}
        problem: ModelError | None = None
        for number in range(ROUNDS):
            asked = False
            due = [one for one in left if not_before.get(one.name, 0.0) <= self._clock()]
            for at, entry in enumerate(due):
                try:
                    return self._attempt(run, entry, call, last=at == len(due) - 1)
                except _PassedOver as passed:
                    problem = problem or passed.resting
                    continue
                except _OutOfTime:
                    raise problem or ModelTimedOut() from None
                except ModelError as failed:
                    problem, asked = failed, True
                    not_before[entry.name] = self._clock() + (failed.retry_after or 0.0)
                    if not failed.worth_a_retry:
                        left.remove(entry)
            if (
                not asked
                or not left
                or number == ROUNDS - 1
                or not self._paused(run, number, left, not_before)
            ):
                break
        raise problem or ModelTimedOut()

    def _paused(self, run: _Run, number: int, left: list[ModelEntry], not_before: dict[str, float]) -> bool:
        """Wait before the next round: full jitter, and never less than the soonest server asked for.

        ``False`` at once when that is beyond the deadline.
        """
        now = self._clock()
        jitter = self._chance() * min(FIRST_PAUSE_S * 2.0**number, LONGEST_PAUSE_S)
        pause = max(jitter, min(not_before.get(one.name, now) for one in left) - now)
        if now + pause >= run.deadline:
            return False
        with away():
            self._sleep(pause)
        return True

    def _attempt(self, run: _Run, entry: ModelEntry, call: _Call[_T_co], *, last: bool) -> _T_co:
        now = self._clock()
        left = run.deadline - now
        if left <= 0:
            raise _OutOfTime
        share = left if last else left / 2
        try:
            give_back = self._place(run, entry, share if last else min(share, PATIENCE_S))
        except ModelQueueFull as problem:
            run.note(entry, problem.error_code, self._clock() - now)
            raise
        try:
            self._check_rest(run, entry, last=last)
            share -= self._clock() - now
            return call(run, entry, min(share, entry.timeout_s or share), give_back)
        except BaseException:
            give_back()
            raise

    def _check_rest(self, run: _Run, entry: ModelEntry, *, last: bool) -> None:
        breaker = self._breakers.of(entry, run.own_key_of(entry))
        if breaker.allows() or (last and run.asked_nobody and self._may_try_early(run, breaker)):
            return
        run.note(entry, RESTING, 0.0)
        raise _PassedOver(entry, breaker.rest_left_s)

    def _may_try_early(self, run: _Run, breaker: Breaker) -> bool:
        """Whether this call is the one to try a resting model that nobody else can stand in for."""
        wait_s = breaker.early_in_s
        if self._clock() + wait_s >= run.deadline:
            return False
        with away():
            self._sleep(wait_s)
        return breaker.allows(early=True)

    def _place(self, run: _Run, entry: ModelEntry, wait_s: float) -> Callable[[], None]:
        """Wait for one of the calls that the model allows at once; what to call when it is over."""
        if entry.max_concurrent is None:
            return _nothing
        queue, before = self._queues.of(entry.name), self._clock()
        got = queue.take(run.request.assistant_id, entry.max_concurrent, wait_s)
        run.queue_s += self._clock() - before
        if not got:
            raise ModelQueueFull(f"Too many calls to the model {entry.name} are under way.")
        return _once(queue.give_back)

    def _whole(
        self, run: _Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None]
    ) -> Completion:
        with self._watched(run, entry) as watched:
            model = self._servers.model(entry, own_key(run.request.provider_keys, entry))
            completion = watched.answered(model.complete(asked_of(entry, run.request), timeout_s))
        give_back()
        return completion

    def _streamed(
        self, run: _Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None]
    ) -> CompletionStream:
        return CompletionStream(self._steps(run, entry, timeout_s, give_back), run)

    def _steps(
        self, run: _Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None]
    ) -> Iterator[str | Completion]:
        try:
            with self._watched(run, entry) as watched:
                model = self._servers.model(entry, own_key(run.request.provider_keys, entry))
                steps = model.stream(asked_of(entry, run.request), timeout_s)
                try:
                    for step in steps:
                        if isinstance(step, Completion):
                            yield watched.answered(step)
                            return
                        yield step
                finally:
                    _close(steps)
                raise ModelAnswerBroken(f"The answer of the model {entry.name} was cut short.")
        finally:
            give_back()

    def _watched(self, run: _Run, entry: ModelEntry) -> _Watched:
        return _Watched(run, entry, self._breakers.of(entry, run.own_key_of(entry)), self._clock)


class CompletionStream:
    """An answer on its way, its first text already there; closing it ends the call behind it."""

    def __init__(self, steps: Iterator[str | Completion], run: _Run) -> None:
        self._steps = steps
        self._run = run
        self._first: str | Completion | None = next(steps, None)
        if self._first is None:
            raise ModelAnswerBroken

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        if self._first is not None:
            step, self._first = self._first, None
        else:
            try:
                step = next(self._steps)
            except StopIteration:
                self._run.end(None, None)
                raise
            except BaseException as problem:
                self._run.end(None, problem)
                raise
        if isinstance(step, Completion):
            self._run.end(step, None)
        return step

    def close(self) -> None:
        """Stop here; again is the same."""
        self._first = None
        _close(self._steps)
        self._run.end(None, None)


class _Run:
    """One call under way: what is asked, of whom, until when, and what came of it so far."""

    def __init__(self, request: CompletionRequest, chain: tuple[ModelEntry, ...], deadline: float) -> None:
        self.request = request
        self.chain = chain
        self.deadline = deadline
        self.attempts: list[Attempt] = []
        self.watches: list[CallWatch] = []
        self.queue_s = 0.0
        self._ended = False

    @property
    def asked_nobody(self) -> bool:
        """Whether no model was asked so far: each was passed over."""
        return all(one.outcome == RESTING for one in self.attempts)

    def own_key_of(self, entry: ModelEntry) -> str:
        """The assistant's own key for it, sealed: what its breaker is known by."""
        own = own_key(self.request.provider_keys, entry)
        return own.sealed if own else ""

    def note(self, entry: ModelEntry, outcome: str, seconds: float) -> None:
        attempt = Attempt(entry.name, outcome, round(seconds * 1000))
        self.attempts.append(attempt)
        for watch in self.watches:
            watch.attempted(entry, attempt)

    def routing(self) -> Routing:
        return Routing(
            tuple(self.attempts), round(self.queue_s * 1000), self.attempts[-1].ms if self.attempts else 0
        )

    def end(self, completion: Completion | None, problem: BaseException | None) -> None:
        if not self._ended:
            self._ended = True
            if isinstance(problem, ModelError):
                problem.routing = self.routing()
                problem.details["attempts"] = [asdict(one) for one in self.attempts]
            for watch in self.watches:
                watch.ended(completion, problem)


class _Watched:
    """One model being asked: its time, its breaker, and the note of what came of it."""

    def __init__(self, run: _Run, entry: ModelEntry, breaker: Breaker, clock: Callable[[], float]) -> None:
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


class _OutOfTime(Exception):
    """The deadline came before this model could be asked."""


class _PassedOver(Exception):
    """A model was not asked, for it rests."""

    def __init__(self, entry: ModelEntry, rest_s: float) -> None:
        super().__init__(entry.name)
        self.resting = ModelResting(
            f"The model {entry.name} failed several times and is left alone for a moment.",
            retry_after=max(1.0, rest_s),
        )


def asked_of(entry: ModelEntry, request: CompletionRequest) -> CompletionRequest:
    """The request as this model is sent it: under the name that its server knows, with the entry's defaults."""
    return replace(
        request,
        model=entry.served_as,
        temperature=entry.temperature if request.temperature is None else request.temperature,
        top_p=entry.top_p if request.top_p is None else request.top_p,
        max_tokens=entry.max_tokens if request.max_tokens is None else request.max_tokens,
        context=entry.context,
    )


def choose_default(*, llm_model: str, api_key: str, base_url: str) -> str:
    """The model of assistants that name none, from the settings.

    Without key and base URL it is the built-in one; with OpenAI's key alone a small model of theirs;
    at another server nothing can be guessed, and an empty name says so.
    """
    if not api_key and not base_url:
        return OFFLINE
    return llm_model or ("" if base_url else OPENAI_DEFAULT)


def _once(end: Callable[[], None]) -> Callable[[], None]:
    ended = False

    def give_back() -> None:
        nonlocal ended
        if not ended:
            ended = True
            end()

    return give_back


def _nothing() -> None:
    """No place was taken."""


def _close(steps: object) -> None:
    close = getattr(steps, "close", None)
    if close is not None:
        close()
