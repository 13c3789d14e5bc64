"""What the doors can ask of usage and of the request log."""

from __future__ import annotations

from dataclasses import dataclass

from services.usage.find_calls import FindCalls
from services.usage.find_usage import FindUsage
from services.usage.forget_calls import ForgetCalls
from services.usage.record_calls import RecordCalls
from services.usage.tidy_usage import TidyUsage


@dataclass(frozen=True)
class UsageUseCases:
    """Model calls one by one, and what they add up to."""

    record_calls: RecordCalls
    find_calls: FindCalls
    find_usage: FindUsage
    forget_calls: ForgetCalls
    tidy_usage: TidyUsage
