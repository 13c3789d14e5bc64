"""Budgets of money that cannot be kept: a model that may answer has no price."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from models.assistants import AssistantSettings
from models.limits import no_price
from repositories.assistants import AssistantRepository
from services.upkeep.findings import Finding, nothing


class CheckPrices:
    """``unpriced`` names the models without a price that settings with a budget of money lead to."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        unpriced: Callable[[AssistantSettings], tuple[str, ...]],
    ) -> None:
        self._assistants = assistants
        self._unpriced = unpriced

    def findings(self, assistant_id: str) -> Iterator[Finding]:
        """At most one: its calls are refused until there is a price."""
        assistant = self._assistants.by_id(assistant_id)
        names = self._unpriced(assistant.settings) if assistant else ()
        if names:
            yield Finding("no price", f"assistant {assistant_id} answers nothing: {no_price(names)}", nothing)
