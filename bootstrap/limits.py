"""How limits, usage and the request log are put together, and laid around the way to the models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from bootstrap.parts import Parts
from bootstrap.records import Repositories
from bootstrap.seams import request_counter
from integrations.metrics import Metrics
from kit.clock import utc_now
from models.catalogue import ModelEntry
from models.completions import CompletionRequest
from models.jobs import JobKind
from models.limits import Bounds
from models.usage import LIMIT_MESSAGE, ModelCall
from models.users import PersonalToken
from services.assistants.find_assistants import FindAssistants
from services.chats.turn_queue import TurnQueue
from services.delivery.warn_of_budget import WarnOfBudget
from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets
from services.limits.limit_model import LimitModel
from services.limits.limits_of_keys import LimitsOfKeys
from services.limits.show_limits import ShowLimits
from services.limits.use_cases import LimitUseCases
from services.llm.use_cases import ModelUseCases
from services.upkeep.count_jobs import CountJobs
from services.usage.find_calls import FindCalls
from services.usage.find_usage import FindUsage
from services.usage.forget_calls import ForgetCalls
from services.usage.record_calls import RecordCalls
from services.usage.tidy_usage import TidyUsage
from services.usage.use_cases import UsageUseCases
from services.usage.used_before import UsedBefore

BESIDE_THE_CALL = timedelta(minutes=1)


def build(
    parts: Parts,
    find_assistants: FindAssistants,
    warn_of_budget: WarnOfBudget,
    metrics: Metrics,
    chain: Callable[[CompletionRequest], Sequence[ModelEntry]],
) -> tuple[LimitUseCases, UsageUseCases]:
    """Limits, and what is recorded of model calls."""
    records, settings = parts.repositories, parts.settings
    record = RecordCalls(
        calls=records.model_calls,
        usage=records.usage,
        by_user=records.usage_by_user,
        by_token=records.usage_by_token,
    )
    used_before = UsedBefore(
        record=record,
        usage=records.usage,
        by_user=records.usage_by_user,
        by_token=records.usage_by_token,
    )
    keys = LimitsOfKeys(lambda key_id: _bounds_of(records.tokens.by_id(key_id)))
    budgets = KeepBudgets(
        budgets=records.budgets, used_before=used_before, clock=utc_now, on_warning=warn_of_budget.warn
    )
    limits = LimitUseCases(
        requests=CountRequests(
            counter=request_counter(settings), clock=utc_now, keys=keys, on_reached=metrics.limited
        ),
        keys=keys,
        budgets=budgets,
        show_limits=ShowLimits(assistants=find_assistants, budgets=budgets, chain=chain),
    )
    usage = UsageUseCases(
        record_calls=record,
        find_calls=FindCalls(calls=records.model_calls, assistants=find_assistants, record=record),
        find_usage=FindUsage(
            usage=records.usage,
            by_user=records.usage_by_user,
            by_token=records.usage_by_token,
            assistants=records.assistants,
            find_assistants=find_assistants,
            record=record,
        ),
        forget_calls=ForgetCalls(calls=records.model_calls, record=record),
        used_before=used_before,
        tidy_usage=TidyUsage(
            record=record,
            calls=records.model_calls,
            budgets=budgets,
            keep=timedelta(days=settings.log_retention_days),
            longest_call=timedelta(seconds=settings.llm_timeout_s) + BESIDE_THE_CALL,
            clock=utc_now,
        ),
    )
    return limits, usage


def _bounds_of(token: PersonalToken | None) -> Bounds | None:
    return token.limits if token else None


def limited(
    models: ModelUseCases, limits: LimitUseCases, record: Callable[[ModelCall], None], metrics: Metrics
) -> ModelUseCases:
    """The models with limits around them: outermost, so that whatever answers is counted."""
    model = LimitModel(
        model=models.complete,
        chain=models.route.chain,
        requests=limits.requests,
        budgets=limits.budgets,
        keys=limits.keys,
        record=record,
        clock=utc_now,
        on_reached=metrics.limited,
    )
    return replace(models, complete=model)


def metrics_of(models: ModelUseCases, embedder: str, turns: TurnQueue, records: Repositories) -> Metrics:
    """Counters of this process, and what is open in the installation."""
    catalogue, route = models.catalogue, models.route
    jobs = CountJobs(
        open_jobs={
            JobKind.DOCUMENT: records.documents.open_work,
            JobKind.GOLDEN_RUN: records.golden_runs.open_work,
            JobKind.GENERATION: records.generation_jobs.open_work,
            JobKind.WEBHOOK: lambda most: records.deliveries.open_work(utc_now(), most),
            JobKind.PICTURE: records.cards.open_work,
            JobKind.PUSH: lambda most: records.pushes.open_work(utc_now(), most),
        },
        clock=utc_now,
    )
    return Metrics(
        known=lambda name: name in catalogue.known() or name in (LIMIT_MESSAGE, embedder),
        ready=lambda: {name: route.ready(entry) for name, entry in catalogue.known().items()},
        jobs=jobs,
        under_way=lambda: turns.under_way,
    )
