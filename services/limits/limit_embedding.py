"""Limits around texts that become vectors: counted, paid for and recorded as a model's answers are."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from kit.clock import Clock
from kit.errors import AppError
from kit.ids import new_id
from models.callers import Caller
from models.catalogue import ModelEntry
from models.chats import Tokens
from models.limits import Cost, LimitName, LimitReached, Limits, PriceUnknown
from models.routing import ANSWERED
from models.usage import ModelCall, money_of
from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets
from services.limits.limits_of_keys import LimitsOfKeys
from services.limits.spender import Spender

PURPOSE = "embeddings"


class LimitEmbedding:
    """An embedder costs tokens, and what ``price`` says of it. ``limits.over`` has nothing instead of a vector."""

    def __init__(
        self,
        *,
        requests: CountRequests,
        budgets: KeepBudgets,
        keys: LimitsOfKeys,
        price: Callable[[str], ModelEntry],
        record: Callable[[ModelCall], object],
        clock: Clock,
        on_reached: Callable[[str], object],
    ) -> None:
        self._requests = requests
        self._budgets = budgets
        self._keys = keys
        self._price = price
        self._record = record
        self._clock = clock
        self._on_reached = on_reached

    @contextlib.contextmanager
    def counted(self, caller: Caller, user_id: str, model: str, tokens: int) -> Iterator[None]:
        """Reserve before, settle and record after.

        ``LimitReached`` where there is no room for so many tokens, ``PriceUnknown`` where they could not be paid for.
        """
        at, began = self._clock(), time.perf_counter()
        spender, outcome, spent, money = self._spender(caller, user_id), "", Tokens(), 0
        try:
            entry = self._price(model)
            cost = Cost(tokens, money_of(entry, tokens, 0))
            with self._paid(spender, entry, cost):
                yield
            outcome, spent, money = ANSWERED, Tokens(tokens, estimated=True), cost.money
        except BaseException as problem:  # whatever it is, the log of calls says so
            outcome = problem.error_code if isinstance(problem, AppError) else type(problem).__name__
            raise
        finally:
            ms = round((time.perf_counter() - began) * 1000)
            self._record(
                ModelCall(
                    id=new_id(),
                    at=at,
                    assistant_id=spender.assistant_id,
                    owner_id=spender.owner_id,
                    key_id=caller.key_id,
                    user_id=user_id,
                    purpose=PURPOSE,
                    model=model,
                    outcome=outcome,
                    tokens=spent,
                    money=money,
                    model_ms=ms if outcome == ANSWERED else 0,
                    total_ms=ms,
                )
            )

    @contextlib.contextmanager
    def _paid(self, spender: Spender, entry: ModelEntry, cost: Cost) -> Iterator[None]:
        try:
            self._requests.admit(spender.assistant_id, spender.limits, spender.user_id, spender.key_id)
            if not entry.is_priced and (spender.limits.count_money or spender.of_key.has_money):
                raise PriceUnknown([entry.name])
            reservation = self._budgets.reserve(spender, cost)
        except LimitReached as reached:
            if reached.name is not LimitName.REQUESTS_PER_MINUTE:
                self._on_reached(reached.limit)
            raise
        try:
            yield
        except BaseException:  # whatever it is, nothing was used
            self._budgets.settle(reservation, Cost())
            raise
        self._budgets.settle(reservation, cost)

    def _spender(self, caller: Caller, user_id: str) -> Spender:
        assistant = caller.assistant
        if assistant is None:
            of_key = self._keys.of(caller.key_id)
            return Spender("", caller.owner_id, Limits(), user_id, caller.key_id, of_key)
        return Spender(assistant.id, assistant.owner_id, assistant.settings.limits, user_id)
