"""What the doors can ask of limits."""

from __future__ import annotations

from dataclasses import dataclass

from services.limits.count_requests import CountRequests
from services.limits.keep_budgets import KeepBudgets
from services.limits.limits_of_keys import LimitsOfKeys
from services.limits.show_limits import ShowLimits


@dataclass(frozen=True)
class LimitUseCases:
    """Requests a minute, budgets of tokens and money, and how near their ends are.

    A door that stores something before it asks a model calls ``requests.admit`` first and says so in the request
    (``is_counted``); for the others the model call itself does it.
    """

    requests: CountRequests
    budgets: KeepBudgets
    show_limits: ShowLimits
    keys: LimitsOfKeys
