"""How near an assistant's budgets are to their ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.errors import AppError
from models.actors import Actor
from models.assistants import Assistant
from models.catalogue import ModelEntry
from models.completions import CompletionRequest
from models.limits import LimitName, Limits, LimitState, shown, state_of
from models.users import PersonalToken
from services.assistants.find_assistants import FindAssistants
from services.limits.keep_budgets import KeepBudgets
from services.limits.spender import Spender


@dataclass(frozen=True)
class ShownLimit:
    """One budget and how much of it is used; ``user_id`` is empty for the assistant's own.

    ``unpriced``: it is one of money, and the assistant's model or a fall-back has no price, so is refused.
    """

    assistant_id: str
    assistant_name: str
    user_id: str
    limit: LimitName
    used: float
    allowed: float
    state: LimitState
    resets_at: datetime
    unpriced: bool = False
    token_id: str = ""


class ShowLimits:
    """Shows budgets to an assistant's owner."""

    def __init__(
        self,
        *,
        assistants: FindAssistants,
        budgets: KeepBudgets,
        chain: Callable[[CompletionRequest], Sequence[ModelEntry]],
    ) -> None:
        self._assistants = assistants
        self._budgets = budgets
        self._chain = chain

    def of(self, actor: Actor, assistant_id: str, user_id: str = "") -> tuple[ShownLimit, ...]:
        """The budgets of an assistant, or of one of its end users; ``NotFound`` to whom it is no business of."""
        return self._shown(self._assistants.get(actor, assistant_id), user_id)

    def of_token(self, token: PersonalToken) -> tuple[ShownLimit, ...]:
        """The budgets of a personal token."""
        spender = Spender("", token.user_id, Limits(), "", token.id, token.limits)
        return tuple(
            ShownLimit(
                assistant_id="",
                assistant_name="",
                user_id="",
                token_id=token.id,
                limit=bound.name,
                used=shown(bound.name, used),
                allowed=shown(bound.name, bound.most),
                state=state_of(used, bound.most),
                resets_at=bound.resets_at,
            )
            for bound, used in self._budgets.now(spender)
        )

    def of_all(self, actor: Actor, most: int = 1000) -> tuple[ShownLimit, ...]:
        """The budgets of all assistants that the caller owns (an admin: of all), the newest first."""
        page = self._assistants.page(actor, most, "")
        owned = [one for one, _ in page.items if actor.is_admin or one.owner_id == actor.user_id]
        return tuple(limit for one in owned for limit in self._shown(one, ""))

    def _shown(self, assistant: Assistant, user_id: str) -> tuple[ShownLimit, ...]:
        spender = Spender(assistant.id, assistant.owner_id, assistant.settings.limits, user_id)
        return tuple(
            ShownLimit(
                assistant_id=assistant.id,
                assistant_name=assistant.name,
                user_id=user_id,
                limit=bound.name,
                used=shown(bound.name, used),
                allowed=shown(bound.name, bound.most),
                state=state_of(used, bound.most),
                resets_at=bound.resets_at,
                unpriced=bound.name is LimitName.MONEY_PER_MONTH and self._is_unpriced(assistant),
            )
            for bound, used in self._budgets.now(spender)
        )

    def _is_unpriced(self, assistant: Assistant) -> bool:
        settings = assistant.settings
        try:
            chain = self._chain(
                CompletionRequest((), settings.model, fallback_models=settings.fallback_models)
            )
        except AppError:
            return False  # no model, no cost
        return not all(one.is_priced for one in chain)
