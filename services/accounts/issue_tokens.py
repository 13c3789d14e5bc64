"""Personal API tokens of a person's programs."""

from __future__ import annotations

from datetime import timedelta

from kit.clock import Clock
from kit.crypto import Vault, new_key
from kit.errors import NotFound
from kit.ids import is_id, new_id
from models.actors import Actor
from models.pages import Page
from models.users import PersonalToken
from repositories.tokens import TokenRepository
from services.accounts.authenticate import PERSONAL_PREFIX


class IssueTokens:
    """Makes, lists and ends the caller's own tokens."""

    def __init__(self, *, tokens: TokenRepository, vault: Vault, clock: Clock) -> None:
        self._tokens = tokens
        self._vault = vault
        self._clock = clock

    def issue(self, actor: Actor, name: str, expires_in_days: int | None) -> tuple[PersonalToken, str]:
        """The token's record and the token itself, which is shown this once."""
        secret = new_key(PERSONAL_PREFIX)
        now = self._clock()
        token = PersonalToken(
            id=new_id(),
            user_id=actor.user_id,
            name=name,
            token_hash=self._vault.hash(secret),
            created_at=now,
            expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
        )
        self._tokens.add(token)
        return token, secret

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
