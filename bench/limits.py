"""What limits cost a model call, and how fast a month of fifty clients is read; embedded records.

    python -m bench.limits

Records are those of the embedded database, in a temporary directory.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

from integrations.counters.memory import CountsInMemory
from integrations.database.embedded import EmbeddedDatabase
from kit.clock import utc_now
from kit.ids import new_id
from models.catalogue import ModelEntry, Provider
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.limits import Bounds, Limits
from models.usage import Counts, UsageKey
from repositories.budgets import BudgetRepository
from repositories.connection import connect, database
from repositories.indexes import ensure_indexes
from repositories.model_calls import ModelCallRepository
from repositories.scope import WHOLE
from repositories.usage import TokenUsageRepository, UsageRepository, UserUsageRepository
from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets
from services.limits.limit_model import LimitModel
from services.llm.base import CompletionSteps
from services.usage.record_calls import RecordCalls
from services.usage.used_before import UsedBefore

CALLS, CLIENTS, DAYS, MODELS = 400, 50, 30, 3
MANY = 10**9
ENTRY = ModelEntry("m", Provider.OPENAI, price_in=0.5, price_out=1.5)
CASES = {
    "no limits": Limits(),
    "requests a minute": Limits(requests_per_minute=MANY),
    "tokens a day and a month, money": Limits(
        tokens_per_day=MANY, tokens_per_month=MANY, money_per_month=1e6
    ),
    "the same, and for each user": Limits(
        tokens_per_day=MANY, tokens_per_month=MANY, money_per_month=1e6, user=Bounds(tokens_per_day=MANY)
    ),
}


class Instant:
    """A model that takes no time."""

    def complete(self, request: CompletionRequest) -> Completion:
        """The same answer every time."""
        return Completion("Olá!", request.model, Tokens(900, 60))

    def stream(self, request: CompletionRequest) -> CompletionSteps:
        """Is not asked for."""
        raise NotImplementedError


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = EmbeddedDatabase(Path(folder) / "db")
        client = connect(embedded.start())
        try:
            records = database(client, "bench", embedded=True)
            ensure_indexes(records)
            usage, by_user = UsageRepository(records), UserUsageRepository(records)
            by_token = TokenUsageRepository(records)
            record = RecordCalls(
                calls=ModelCallRepository(records), usage=usage, by_user=by_user, by_token=by_token
            )
            budgets = KeepBudgets(
                budgets=BudgetRepository(records),
                used_before=UsedBefore(record=record, usage=usage, by_user=by_user, by_token=by_token),
                clock=utc_now,
            )
            model = LimitModel(
                model=Instant(),
                chain=lambda _: (ENTRY,),
                requests=CountRequests(counter=CountsInMemory(), clock=utc_now),
                budgets=budgets,
                record=record.record,
                clock=utc_now,
            )
            print("added to a model call, ms (median; 1 caller)   calls/s (16 callers)")
            for name, limits in CASES.items():
                _measure(name, model, limits)
            print(f"one flush of {len(CASES) * CALLS * 2} calls: {_ms(record.flush):.0f} ms")
            _months(usage)
        finally:
            client.close()
            embedded.stop()


def _measure(name: str, model: LimitModel, limits: Limits) -> None:
    request = CompletionRequest(
        (PromptMessage("user", "x" * 3000),),
        "m",
        assistant_id=new_id(),
        owner_id=new_id(),
        user_id="+55",
        limits=limits,
    )
    model.complete(request)
    times = [_ms(lambda: model.complete(request)) for _ in range(CALLS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(16) as many:
        list(many.map(lambda _: model.complete(request), range(CALLS)))
    rate = CALLS / (time.perf_counter() - began)
    print(f"  {name:<34}{statistics.median(times):8.2f}{rate:22.0f}")


def _months(usage: UsageRepository) -> None:
    first, chance = date(2026, 9, 1), random.Random(1)
    clients = [(new_id(), new_id()) for _ in range(CLIENTS)]
    for assistant_id, owner_id in clients:
        for model in range(MODELS):
            for day in range(DAYS):
                key = UsageKey(assistant_id, owner_id, first + timedelta(days=day), f"model-{model}")
                usage.add(key, Counts(chance.randrange(100), 0, 0, 9000, 600, 100))
    last = first + timedelta(days=DAYS - 1)
    taken = _ms(lambda: list(usage.read(WHOLE, first, last)))
    print(f"a month of {CLIENTS} clients with {MODELS} models each, by day: {taken:.0f} ms")


def _ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
