"""Ask one model of a chain: wait for its place, leave it alone while it rests, and note what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from kit.breaker import Breaker
from kit.workplaces import away
from models.catalogue import ModelEntry
from models.completions import Completion, CompletionRequest
from models.model_errors import ModelAnswerBroken, ModelQueueFull, ModelResting
from models.routing import RESTING
from services.llm.breakers import Breakers
from services.llm.fair_queue import FairQueues
from services.llm.run import Asking, Run
from services.llm.servers import Servers, own_key
from services.llm.stream import CompletionStream, close_steps

# How long a call waits in the queue of a model while there is another one to go to.
PATIENCE_S = 5.0

_T_co = TypeVar("_T_co", covariant=True)


class Call(Protocol[_T_co]):
    """How one model is asked: wholly, or as a stream."""

    def __call__(
        self, run: Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None], /
    ) -> _T_co:
        """What the model gives within so many seconds; ``give_back`` is called once it is through."""
        ...


class OutOfTime(Exception):
    """The deadline came before this model could be asked."""


class PassedOver(Exception):
    """A model was not asked, for it rests."""

    def __init__(self, entry: ModelEntry, rest_s: float) -> None:
        super().__init__(entry.name)
        self.resting = ModelResting(
            f"The model {entry.name} failed several times and is left alone for a moment.",
            retry_after=max(1.0, rest_s),
        )


class AskModel:
    """Asks one model, wholly or as a stream. ``clock`` counts seconds."""

    def __init__(
        self,
        *,
        servers: Servers,
        breakers: Breakers,
        queues: FairQueues,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._servers = servers
        self._breakers = breakers
        self._queues = queues
        self._clock = clock
        self._sleep = sleep

    def ready(self, entry: ModelEntry) -> bool:
        """Whether a model is not left alone for its failures right now."""
        return not self._breakers.of(entry).is_open

    def attempt(self, run: Run, entry: ModelEntry, call: Call[_T_co], *, last: bool) -> _T_co:
        """Ask a model by ``call``, when it has a place, within what time there is; half of it but for the ``last``.

        ``OutOfTime``, ``PassedOver``, or a ``ModelError`` of the model's.
        """
        now = self._clock()
        left = run.deadline - now
        if left <= 0:
            raise OutOfTime
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
        except BaseException:  # whatever it is, the place is free again
            give_back()
            raise

    def _check_rest(self, run: Run, entry: ModelEntry, *, last: bool) -> None:
        breaker = self._breakers.of(entry, run.own_key_of(entry))
        if breaker.allows() or (last and run.asked_nobody and self._may_try_early(run, breaker)):
            return
        run.note(entry, RESTING, 0.0)
        raise PassedOver(entry, breaker.rest_left_s)

    def _may_try_early(self, run: Run, breaker: Breaker) -> bool:
        """Whether this call is the one to try a resting model that nobody else can stand in for."""
        for _ in range(2):  # the second time it may be well again by another call's try
            wait_s = breaker.early_in_s
            if self._clock() + wait_s >= run.deadline:
                return False
            with away():
                self._sleep(wait_s)
            if breaker.allows(early=True):
                return True
        return False

    def _place(self, run: Run, entry: ModelEntry, wait_s: float) -> Callable[[], None]:
        """Wait for one of the calls that the model allows at once; what to call when it is over."""
        if entry.max_concurrent is None:
            return no_place
        queue, before = self._queues.of(entry.name), self._clock()
        got = queue.take(run.request.assistant_id, entry.max_concurrent, wait_s)
        run.queue_s += self._clock() - before
        if not got:
            raise ModelQueueFull(f"Too many calls to the model {entry.name} are under way.")
        return _once(queue.give_back)

    def whole(
        self, run: Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None]
    ) -> Completion:
        """A ``Call`` that gives the whole answer."""
        with self._asking(run, entry) as asking:
            model = self._servers.model(entry, own_key(run.request.provider_keys, entry))
            completion = asking.answered(model.complete(asked_of(entry, run.request), timeout_s))
        give_back()
        return completion

    def streamed(
        self, run: Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None]
    ) -> CompletionStream:
        """A ``Call`` that gives the answer as it comes, from its first text on."""
        return CompletionStream(self._steps(run, entry, timeout_s, give_back), run)

    def _steps(
        self, run: Run, entry: ModelEntry, timeout_s: float, give_back: Callable[[], None]
    ) -> Iterator[str | Completion]:
        try:
            with self._asking(run, entry) as asking:
                model = self._servers.model(entry, own_key(run.request.provider_keys, entry))
                steps = model.stream(asked_of(entry, run.request), timeout_s)
                try:
                    for step in steps:
                        if isinstance(step, Completion):
                            yield asking.answered(step)
                            return
                        yield step
                finally:
                    close_steps(steps)
                raise ModelAnswerBroken(f"The answer of the model {entry.name} was cut short.")
        finally:
            give_back()

    def _asking(self, run: Run, entry: ModelEntry) -> Asking:
        return Asking(run, entry, self._breakers.of(entry, run.own_key_of(entry)), self._clock)


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


def _once(end: Callable[[], None]) -> Callable[[], None]:
    ended = False

    def give_back() -> None:
        nonlocal ended
        if not ended:
            ended = True
            end()

    return give_back


def no_place() -> None:
    """No place was taken."""
