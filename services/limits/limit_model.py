"""A model with limits around it: every call is counted, paid for and recorded here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from kit.clock import Clock
from kit.errors import AppError
from models.catalogue import ModelEntry
from models.chats import Tokens
from models.completions import Completion, CompletionRequest
from models.limits import Bounds, Cost, LimitName, LimitReached, PriceUnknown
from models.usage import LIMIT_MESSAGE, ModelCall, money_of
from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets
from services.limits.limited_call import LimitedCall, prompt_tokens
from services.limits.limited_stream import CountedStream, WholeAnswer
from services.limits.limits_of_keys import LimitsOfKeys
from services.llm.base import CompletionSteps, Model

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
        with self._begin(request) as call:
            if call.instead is not None:
                return call.instead
            completion = self._model.complete(call.request)
            call.end(completion, None)
            return completion

    def stream(self, request: CompletionRequest) -> CompletionSteps:
        """The same as it comes."""
        with self._begin(request) as call:
            if call.instead is not None:
                return WholeAnswer(call.instead)
            return CountedStream(self._model.stream(call.request), call)

    def _begin(self, request: CompletionRequest) -> LimitedCall:
        of_key = self._keys.of(request.key_id)
        with LimitedCall(request, of_key, self._budgets, self._record, self._clock) as call:
            try:
                if not request.is_counted:
                    self._requests.admit(
                        request.assistant_id, request.limits, request.user_id, request.key_id
                    )
                self._reserve(call)
            except LimitReached as reached:
                if reached.name is not LimitName.REQUESTS_PER_MINUTE:
                    self._on_reached(reached.limit)
                self._over(call, reached)
        return call

    def _reserve(self, call: LimitedCall, only: Sequence[LimitName] = tuple(LimitName)) -> None:
        """Reserve for the dearest of the models that may answer, and as long an answer as there is room for."""
        call.chain = tuple(self._chain(call.request))
        limits, of_key = call.request.limits, call.spender.of_key
        if not (limits.has_budget or (limits.user and limits.user.has_budget) or of_key.has_budget):
            self._budgets.forget(call.request.assistant_id)
            if call.request.key_id:
                self._budgets.forget(call.request.key_id)
            return
        unpriced = [one.name for one in call.chain if not one.is_priced]
        if unpriced and (limits.count_money or of_key.has_money):
            raise PriceUnknown(unpriced)
        read = _most_read(prompt_tokens(call.request))
        *longer, shortest = _outputs(call.request, of_key, read)
        for written in longer:
            with contextlib.suppress(LimitReached):
                self._reserve_for(call, read, written, only, final=False)
                return
        self._reserve_for(call, read, shortest, only, final=True)

    def _reserve_for(
        self, call: LimitedCall, read: int, written: int, only: Sequence[LimitName], *, final: bool
    ) -> None:
        """Reserve for so many tokens read and written, and let the answer be no longer than that."""
        money = max((money_of(one, read, written) for one in call.chain), default=0)
        cost = Cost(read + written, money)
        call.reservation = self._budgets.reserve(call.spender, cost, only=only, final=final)
        call.request = replace(call.request, max_tokens=written)

    def _over(self, call: LimitedCall, reached: LimitReached) -> None:
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


def _most_read(estimate: int) -> int:
    """What is reserved for a prompt: estimates count an eighth too much, and a server's own words are not in them."""
    return max(estimate, estimate - estimate // 8 + TOKENS_AROUND)


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
