"""Personal API tokens of a person's programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kit.clock import Clock
from kit.crypto import Vault, new_key
from kit.errors import Forbidden, NotFound
from kit.ids import is_id, new_id
from models.actors import Actor
from models.limits import Bounds
from models.pages import Page
from models.users import PersonalToken
from repositories.budgets import BudgetRepository
from repositories.tokens import TokenRepository
from services.accounts.authenticate import PERSONAL_PREFIX


class IssueTokens:
    """Makes, lists and ends the caller's own tokens."""

    def __init__(
        self, *, tokens: TokenRepository, budgets: BudgetRepository, vault: Vault, clock: Clock
    ) -> None:
        self._budgets = budgets
        self._tokens = tokens
        self._vault = vault
        self._clock = clock

    def issue(
        self, actor: Actor, name: str, expires_in_days: int | None, limits: Bounds
    ) -> tuple[PersonalToken, str]:
        """The token's record and the token itself, which is shown this once.

        ``Forbidden`` to who comes with a token that has limits: it would get round them.
        """
        self._check_unbounded(actor)
        secret = new_key(PERSONAL_PREFIX)
        now = self._clock()
        token = PersonalToken(
            id=new_id(),
            user_id=actor.user_id,
            name=name,
            token_hash=self._vault.hash(secret),
            created_at=now,
            expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
            limits=limits,
        )
        self._tokens.add(token)
        return token, secret

    def change(self, actor: Actor, token_id: str, changes: Mapping[str, Any]) -> PersonalToken:
        """A token with another name or other limits; ``NotFound``, or ``Forbidden`` as above."""
        self._check_unbounded(actor)
        changed = replace(self.get(actor, token_id), **changes)
        if not self._tokens.update(changed):
            raise NotFound
        return changed

    def get(self, actor: Actor, token_id: str) -> PersonalToken:
        """One of the caller's tokens; for admins, anybody's. Else ``NotFound``."""
        found = self._tokens.by_id(token_id) if is_id(token_id) else None
        if found is None or not (actor.is_admin or found.user_id == actor.user_id):
            raise NotFound
        return found

    def page(self, actor: Actor, limit: int, cursor: str) -> Page[PersonalToken]:
        """The caller's tokens, newest first."""
        return self._tokens.page(actor.user_id, limit, cursor)

    def count(self, actor: Actor) -> int:
        """How many tokens the caller has."""
        return self._tokens.count(actor.user_id)

    def revoke(self, actor: Actor, token_id: str) -> None:
        """End one of the caller's tokens; ``NotFound`` when it is not theirs."""
        if not is_id(token_id) or not self._tokens.delete(actor.user_id, token_id):
            raise NotFound
        self._budgets.delete_all_of(token_id)

    def _check_unbounded(self, actor: Actor) -> None:
        own = self._tokens.by_id(actor.token_id) if actor.token_id else None
        if own is not None and own.limits != Bounds():
            raise Forbidden("A token with limits makes and changes no tokens.")
