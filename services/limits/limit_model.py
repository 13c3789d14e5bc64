"""A model with limits around it: every call is counted, paid for and recorded here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from kit.clock import Clock
from kit.errors import AppError
from kit.ids import new_id
from models.catalogue import ModelEntry
from models.chats import Tokens
from models.completions import Completion, CompletionRequest
from models.limits import Bounds, Cost, LimitName, LimitReached, PriceUnknown
from models.routing import ANSWERED, Attempt
from models.tokens import estimate_prompt, estimate_tokens
from models.usage import LEFT_EARLY, LIMIT_MESSAGE, LONGEST_LOGGED_TEXT, ModelCall, money_of
from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets, Reservation, Spender
from services.limits.limits_of_keys import LimitsOfKeys
from services.llm.base import CompletionSteps, Model
from services.prompts.scratchpad import split_scratchpad

# What an answer is bounded by where there is a budget and nobody set max_tokens: the most that is left of these.
OUTPUTS = (4096, 1024, 256)
# Beside them where a whole budget is less than a prompt and the last of these.
SHORT_OUTPUTS = (64, 16)
# What servers put around a conversation and count as read, which only of a short one is more than estimates exceed.
TOKENS_AROUND = 8


class LimitModel:
    """Reserves what a call may cost before it, settles what it did cost after it, and records it.

    A request that no budget has room for is refused (``LimitReached``), or answered as the assistant's
    ``limits.over`` says: by another model, whose tokens count and are not refused while its money is within the
    budget, or with a fixed text, for nothing.
    """

    def __init__(
        self,
        *,
        model: Model,
        chain: Callable[[CompletionRequest], Sequence[ModelEntry]],
        requests: CountRequests,
        budgets: KeepBudgets,
        keys: LimitsOfKeys | None = None,
        record: Callable[[ModelCall], object],
        clock: Clock,
        on_reached: Callable[[str], object] = lambda _limit: None,
    ) -> None:
        self._model = model
        self._on_reached = on_reached
        self._chain = chain
        self._requests = requests
        self._keys = keys or LimitsOfKeys(lambda _key_id: None)
        self._budgets = budgets
        self._record = record
        self._clock = clock

    def complete(self, request: CompletionRequest) -> Completion:
        """The whole answer; ``LimitReached``, or a ``ModelError``."""
        call = self._begin(request)
        if call.instead is not None:
            return call.instead
        try:
            completion = self._model.complete(call.request)
        except BaseException as problem:
            call.end(None, problem)
            raise
        call.end(completion, None)
        return completion

    def stream(self, request: CompletionRequest) -> CompletionSteps:
        """The same as it comes."""
        call = self._begin(request)
        if call.instead is not None:
            return _Whole(call.instead)
        try:
            return _Counted(self._model.stream(call.request), call)
        except BaseException as problem:
            call.end(None, problem)
            raise

    def _begin(self, request: CompletionRequest) -> _Call:
        call = _Call(request, self._keys.of(request.key_id), self._budgets, self._record, self._clock)
        try:
            if not request.is_counted:
                self._requests.admit(request.assistant_id, request.limits, request.user_id, request.key_id)
            self._reserve(call)
        except LimitReached as reached:
            if reached.name is not LimitName.REQUESTS_PER_MINUTE:
                self._on_reached(reached.limit)
            try:
                self._over(call, reached)
            except LimitReached as refused:
                call.end(None, refused)
                raise refused from None
        except BaseException as problem:
            call.end(None, problem)
            raise
        return call

    def _reserve(self, call: _Call, only: Sequence[LimitName] = tuple(LimitName)) -> None:
        """Reserve for the dearest of the models that may answer, and as long an answer as there is room for."""
        call.chain = tuple(self._chain(call.request))
        limits, of_key = call.request.limits, call.spender.of_key
        if not (limits.has_budget or (limits.user and limits.user.has_budget) or of_key.has_budget):
            self._budgets.forget(call.request.assistant_id)
            if call.request.key_id:
                self._budgets.forget(call.request.key_id)
            return
        unpriced = [one.name for one in call.chain if not one.is_priced]
        if not (limits.count_money or of_key.has_money):
            unpriced = []
        if unpriced:
            raise PriceUnknown(unpriced)
        read = _most_read(_prompt_tokens(call.request))
        outputs = _outputs(call.request, of_key, read)
        for at, written in enumerate(outputs):
            money = max((money_of(one, read, written) for one in call.chain), default=0)
            final = at == len(outputs) - 1
            try:
                call.reservation = self._budgets.reserve(
                    call.spender, Cost(read + written, money), only=only, final=final
                )
            except LimitReached:
                if final:
                    raise
            else:
                call.request = replace(call.request, max_tokens=written)
                return

    def _over(self, call: _Call, reached: LimitReached) -> None:
        """What the owner wants instead of a refusal; ``reached`` where that is nothing."""
        over = call.request.limits.over
        if over is None or reached.of_token or reached.name is LimitName.REQUESTS_PER_MINUTE:
            raise reached
        if over.message:
            call.instead = Completion(over.message, LIMIT_MESSAGE, Tokens())
            call.end(call.instead, None)
            return
        call.request = replace(call.request, model=over.model, fallback_models=())
        try:
            self._reserve(call, only=(LimitName.MONEY_PER_MONTH,))
        except AppError:
            raise reached from None


class _Call:
    """One call under way: what is asked, what is reserved for it, and what it came to, once."""

    def __init__(
        self,
        request: CompletionRequest,
        of_key: Bounds,
        budgets: KeepBudgets,
        record: Callable[[ModelCall], object],
        clock: Clock,
    ) -> None:
        self.request = request
        self.spender = Spender(
            request.assistant_id, request.owner_id, request.limits, request.user_id, request.key_id, of_key
        )
        self.chain: tuple[ModelEntry, ...] = ()
        self.reservation: Reservation | None = None
        self.instead: Completion | None = None
        self._budgets = budgets
        self._record = record
        self._at = clock()
        self._began = time.perf_counter()
        self._ended = False

    def end(self, completion: Completion | None, problem: BaseException | None, said: str = "") -> None:
        """The call is over: answered, failed, or (both ``None``) left; ``said`` is what came until then."""
        if self._ended:
            return
        self._ended = True
        tokens = Tokens()
        model = self.request.model or (self.chain[0].name if self.chain else "")
        if completion is not None:
            tokens, model, said = completion.tokens, completion.model, completion.text
        elif problem is None or said:
            tokens = Tokens(_prompt_tokens(self.request), estimate_tokens(said), estimated=True)
        asked = next((one for one in self.chain if one.name == model), None)
        money = money_of(asked, tokens.input, tokens.output)
        if self.reservation is not None:
            self._budgets.settle(self.reservation, Cost(tokens.input + tokens.output, money))
        self._record(self._described(completion, problem, said, model, tokens, money))

    def _described(
        self,
        completion: Completion | None,
        problem: BaseException | None,
        said: str,
        model: str,
        tokens: Tokens,
        money: int,
    ) -> ModelCall:
        request = self.request
        routing = completion.routing if completion else None
        keeps = request.log_content
        return ModelCall(
            id=new_id(),
            at=self._at,
            assistant_id=request.assistant_id,
            owner_id=request.owner_id,
            key_id=request.key_id,
            user_id=request.user_id,
            chat_id=request.chat_id,
            purpose=request.purpose,
            model=model,
            outcome=_outcome(completion, problem),
            tokens=tokens,
            money=money,
            attempts=routing.attempts if routing else _attempts(problem),
            queue_ms=routing.queue_ms if routing else 0,
            retrieval_ms=request.retrieval_ms,
            model_ms=routing.model_ms if routing else 0,
            total_ms=round((time.perf_counter() - self._began) * 1000),
            question=_question(request) if keeps else None,
            response=split_scratchpad(said).answer[:LONGEST_LOGGED_TEXT] if keeps else None,
        )


class _Counted:
    """A stream that is settled when it ends, however it ends."""

    def __init__(self, steps: CompletionSteps, call: _Call) -> None:
        self._steps = steps
        self._call = call
        self._said: list[str] = []

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        try:
            step = next(self._steps)
        except StopIteration:
            self._call.end(None, None, "".join(self._said))
            raise
        except BaseException as problem:
            self._call.end(None, problem, "".join(self._said))
            raise
        if isinstance(step, Completion):
            self._call.end(step, None)
        else:
            self._said.append(step)
        return step

    def close(self) -> None:
        """Stop here; again is the same."""
        self._steps.close()
        self._call.end(None, None, "".join(self._said))


class _Whole:
    """An answer that is there already, as a stream."""

    def __init__(self, completion: Completion) -> None:
        self._steps: Iterator[str | Completion] = iter((completion.text, completion))

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        return next(self._steps)

    def close(self) -> None:
        """Nothing is under way."""


def _prompt_tokens(request: CompletionRequest) -> int:
    extra = [one.extra for one in request.messages if one.extra]
    beside = json.dumps([*extra, request.extra], default=str) if extra or request.extra else ""
    return estimate_prompt(request.messages) + estimate_tokens(beside)


def _most_read(estimate: int) -> int:
    """What is reserved for a prompt: estimates count an eighth too much, and a server's own words are not in them."""
    return max(estimate, estimate - estimate // 8 + TOKENS_AROUND)


def _question(request: CompletionRequest) -> str:
    last = next((one.content for one in reversed(request.messages) if one.role == "user"), "")
    return (request.question or last)[:LONGEST_LOGGED_TEXT]


def _outcome(completion: Completion | None, problem: BaseException | None) -> str:
    if completion is not None:
        return LIMIT_MESSAGE if completion.model == LIMIT_MESSAGE else ANSWERED
    if problem is None or isinstance(problem, GeneratorExit):
        return LEFT_EARLY
    return problem.error_code if isinstance(problem, AppError) else type(problem).__name__


def _attempts(problem: BaseException | None) -> tuple[Attempt, ...]:
    tried = problem.details.get("attempts", ()) if isinstance(problem, AppError) else ()
    return tuple(Attempt(**one) for one in tried)


def _outputs(request: CompletionRequest, of_key: Bounds, read: int) -> tuple[int, ...]:
    """How long an answer may get, the longest first; ``read`` are the tokens of the prompt."""
    if request.max_tokens is not None:
        return (request.max_tokens,)
    bounds = [one for one in (request.limits, request.limits.user, of_key) if one is not None]
    tokens = [
        most for one in bounds for most in (one.tokens_per_day, one.tokens_per_month) if most is not None
    ]
    is_small = min(tokens, default=read + OUTPUTS[-1]) < read + OUTPUTS[-1]
    return (*OUTPUTS, *SHORT_OUTPUTS) if is_small else OUTPUTS
