"""How the models are put together with what limits, records and counts their calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bootstrap import limits, metrics, models, usage
from bootstrap.parts import Parts
from integrations.metrics import Metrics
from kit.crypto import Vault
from models.usage import ModelCall
from services.assistants.find_assistants import FindAssistants
from services.chats.turn_queue import TurnQueue
from services.delivery.warn_of_budget import WarnOfBudget
from services.limits.use_cases import LimitUseCases
from services.llm.use_cases import ModelUseCases
from services.usage.use_cases import UsageUseCases


@dataclass(frozen=True)
class Metered:
    """Models whose calls are limited and recorded; ``record_call`` is for what is asked past them."""

    models: ModelUseCases
    limits: LimitUseCases
    usage: UsageUseCases
    metrics: Metrics
    record_call: Callable[[ModelCall], None]


def build(
    parts: Parts,
    vault: Vault,
    turns: TurnQueue,
    *,
    embedder: str,
    find_assistants: FindAssistants,
    warn_of_budget: WarnOfBudget,
) -> Metered:
    """All of them on these parts; ``embedder`` is the name under which embedding is metered."""
    bare = models.build(parts, vault)
    record_calls, used_before = usage.recording(parts.repositories)
    counters = metrics.build(parts.repositories, bare, embedder, turns, record_calls.count)
    record_calls.tell(counters.called)
    of_limits = limits.build(
        parts,
        used_before=used_before,
        find_assistants=find_assistants,
        warn_of_budget=warn_of_budget,
        metrics=counters,
        chain=bare.route.chain,
    )

    return Metered(
        models=limits.limited(bare, of_limits, record_calls.record, counters),
        limits=of_limits,
        usage=usage.build(parts, record_calls, find_assistants, of_limits.budgets),
        metrics=counters,
        record_call=record_calls.record,
    )
