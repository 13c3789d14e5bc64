"""People whom an identity provider signs in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from kit.clock import Clock
from kit.errors import Unauthenticated
from kit.ids import new_id
from models.actors import Actor, ActorKind, Role
from models.users import User, email_key
from repositories.ended_tokens import EndedTokenRepository
from repositories.errors import Duplicate
from repositories.identities import IdentityRepository, identity_key
from repositories.users import UserRepository

LONGEST_NAME = 200
LONGEST_NOTED_S = 10 * 365 * 86_400.0


class Tokens(Protocol):
    """Checks a provider's tokens."""

    def claims(self, token: str) -> Mapping[str, Any]:
        """What a good token says of its holder, at least ``iss`` and ``sub``; else ``Unauthenticated``."""
        ...


class ExternalPeople:
    """Tells who holds a provider's token; an account is made when somebody is first seen.

    Whom an account belongs to is told by issuer and subject alone: an e-mail opens nothing. ``role_claim`` names
    the claim that says who is an admin (its values among ``admin_values``), each time anew; empty: nobody by a
    claim, and roles are the admins' to give.
    """

    def __init__(
        self,
        *,
        tokens: Tokens,
        users: UserRepository,
        identities: IdentityRepository,
        ended: EndedTokenRepository,
        clock: Clock,
        role_claim: str,
        admin_values: Sequence[str],
    ) -> None:
        self._tokens = tokens
        self._users = users
        self._identities = identities
        self._ended = ended
        self._clock = clock
        self._role_claim = role_claim
        self._admin_values = frozenset(admin_values)

    def actor(self, token: str) -> Actor:
        """The person whose token this is; ``Unauthenticated`` when it is not good or their account is disabled."""
        claims = self._tokens.claims(token)
        if self._ended.holds(_digest(token)):
            raise Unauthenticated("This sign-in has ended.")
        user = self._user(claims)
        if not user.active:
            raise Unauthenticated("The account is not active.")
        role = self._role(claims) or user.role
        if role is not user.role:
            self._users.update(user.id, role=role)
        return Actor(kind=ActorKind.PERSON, user_id=user.id, name=user.name, role=role)

    def sign_out(self, actor: Actor, token: str) -> None:
        """End this token here; its provider may give its holder another."""
        now = self._clock()
        left_s = min(int(self._tokens.claims(token)["exp"]) - now.timestamp(), LONGEST_NOTED_S)
        self._ended.delete_outdated(actor.user_id, now)
        self._ended.add(actor.user_id, _digest(token), now + timedelta(seconds=left_s))

    def _user(self, claims: Mapping[str, Any]) -> User:
        issuer, subject = str(claims["iss"]), str(claims["sub"])
        known = self._identities.user_of(issuer, subject)
        user = self._users.by_id(known) if known else None
        if user is not None:
            return user
        # The identity first: of two requests at once, and after a crash between, there is one account.
        user_id = known or self._identities.claim(issuer, subject, new_id())
        return self._users.by_id(user_id) or self._make(user_id, claims)

    def _make(self, user_id: str, claims: Mapping[str, Any]) -> User:
        email = _verified_email(claims)
        key = identity_key(str(claims["iss"]), str(claims["sub"]))
        made = User(
            id=user_id,
            name=_name(claims) or email or "?",
            email=email,
            email_key=email_key(email) if email else f"external:{key}",
            password_hash="",  # no password matches it
            role=self._role(claims) or Role.USER,
            active=True,
            created_at=self._clock(),
        )
        try:
            return self._users.add(made)
        except Duplicate:
            pass
        if (there := self._users.by_id(user_id)) is not None:  # made at the same moment
            return there
        # The e-mail is another account's, and stays that one's.
        without = User(**{**vars(made), "email": "", "email_key": f"external:{key}"})
        return self._users.add(without)

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        if not self._role_claim:
            return None
        values = _values(_claim(claims, self._role_claim))
        return Role.ADMIN if values & self._admin_values else Role.USER


def _digest(token: str) -> str:
    """What was signed, told from everything else: of one signature there may be several ways to write it."""
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by the path to it: ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _values(claim: Any) -> set[str]:
    """A list's texts, or the words of a text."""
    if isinstance(claim, str):
        return set(claim.split())
    return {one for one in claim if isinstance(one, str)} if isinstance(claim, list) else set()


def _verified_email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    is_one = isinstance(email, str) and 3 <= len(email) <= 320 and "@" in email and email.isprintable()
    return str(email).strip() if is_one and claims.get("email_verified") is True else ""


def _name(claims: Mapping[str, Any]) -> str:
    for claim in ("name", "preferred_username"):
        value = claims.get(claim)
        if isinstance(value, str) and value.isprintable() and value.strip():
            return value.strip()[:LONGEST_NAME]
    return ""
