"""How usage and the request log are put together."""

from __future__ import annotations

from datetime import timedelta

from bootstrap.parts import Parts
from bootstrap.records import Repositories
from kit.clock import utc_now
from services.assistants.find_assistants import FindAssistants
from services.limits.keep_budgets import KeepBudgets
from services.usage.find_calls import FindCalls
from services.usage.find_usage import FindUsage
from services.usage.forget_calls import ForgetCalls
from services.usage.record_calls import RecordCalls
from services.usage.tidy_usage import TidyUsage
from services.usage.use_cases import UsageUseCases
from services.usage.used_before import UsedBefore

BESIDE_THE_CALL = timedelta(minutes=1)


def recording(records: Repositories) -> tuple[RecordCalls, UsedBefore]:
    """What writes model calls down, and what knows of those before."""
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
    return record, used_before


def build(
    parts: Parts, record: RecordCalls, find_assistants: FindAssistants, budgets: KeepBudgets
) -> UsageUseCases:
    """What is recorded of model calls, and who may look at it."""
    records, settings = parts.repositories, parts.settings
    return UsageUseCases(
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
        tidy_usage=TidyUsage(
            record=record,
            calls=records.model_calls,
            budgets=budgets,
            keep=timedelta(days=settings.log_retention_days),
            longest_call=timedelta(seconds=settings.llm_timeout_s) + BESIDE_THE_CALL,
            clock=utc_now,
        ),
    )
