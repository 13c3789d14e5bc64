"""How limits are put together, and laid around the way to the models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bootstrap.parts import Parts
from bootstrap.seams import request_counter
from integrations.metrics import Metrics
from kit.clock import utc_now
from models.catalogue import ModelEntry
from models.completions import CompletionRequest
from models.limits import Bounds
from models.usage import ModelCall
from models.users import PersonalToken
from services.assistants.find_assistants import FindAssistants
from services.delivery.warn_of_budget import WarnOfBudget
from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets
from services.limits.limit_model import LimitModel
from services.limits.limits_of_keys import LimitsOfKeys
from services.limits.show_limits import ShowLimits
from services.limits.use_cases import LimitUseCases
from services.llm.use_cases import ModelUseCases
from services.usage.used_before import UsedBefore


def build(
    parts: Parts,
    *,
    used_before: UsedBefore,
    find_assistants: FindAssistants,
    warn_of_budget: WarnOfBudget,
    metrics: Metrics,
    chain: Callable[[CompletionRequest], Sequence[ModelEntry]],
) -> LimitUseCases:
    """Requests a minute, and budgets."""
    records = parts.repositories
    keys = LimitsOfKeys(lambda key_id: _bounds_of(records.tokens.by_id(key_id)))
    budgets = KeepBudgets(
        budgets=records.budgets, used_before=used_before, clock=utc_now, on_warning=warn_of_budget.warn
    )
    return LimitUseCases(
        requests=CountRequests(
            counter=request_counter(parts.settings), clock=utc_now, keys=keys, on_reached=metrics.limited
        ),
        keys=keys,
        budgets=budgets,
        show_limits=ShowLimits(assistants=find_assistants, budgets=budgets, chain=chain),
    )


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
