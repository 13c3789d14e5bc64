"""People, their sign-ins and their personal API tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from models.actors import Role
from models.limits import Bounds


@dataclass(frozen=True)
class User:
    """A person with an account; ``email_key`` is the e-mail as it is compared."""

    id: str
    name: str
    email: str
    email_key: str
    password_hash: str
    role: Role
    active: bool
    created_at: datetime


@dataclass(frozen=True)
class Session:
    """One sign-in; every token refreshed from it dies with it, at the latest 30 days after it."""

    id: str
    user_id: str
    created_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class PersonalToken:
    """A ``pat_…`` of a person's program, and what it may use; the token itself is never kept."""

    id: str
    user_id: str
    name: str
    token_hash: str
    created_at: datetime
    expires_at: datetime | None
    limits: Bounds = field(default_factory=Bounds)


def email_key(email: str) -> str:
    """The form in which two e-mail addresses are compared."""
    return email.strip().casefold()
