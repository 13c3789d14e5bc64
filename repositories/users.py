"""Accounts in the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from kit.errors import Conflict
from models.actors import Role
from models.pages import Page
from models.users import User
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE
from repositories.values import Record, choice, moment

# The id of the first account. It can be inserted once: of two that register at the same moment, one is first.
FIRST_ID = "0" * 23 + "1"
CHANGEABLE = frozenset({"name", "email", "email_key", "password_hash", "role", "active"})


class NotFirst(Conflict):
    """Somebody else made the first account at the same moment."""

    code = "not_first"
    message = "Another account was made at the same moment: it is the first."


class UserRepository(Repository):
    """One record a person, unique by e-mail as it is compared."""

    collection: ClassVar[str] = "users"
    page_keys: ClassVar[Mapping[str, str]] = {"whole": "page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "email_key"})

    def add(self, user: User) -> User:
        """Keep a new account; ``Duplicate`` when the e-mail has one already."""
        self._insert(WHOLE, _record(user))
        return user

    def add_first(self, user: User) -> User:
        """Keep the first account as an admin's, under an id of its own.

        ``NotFirst`` when another came first, ``Duplicate`` when that one has the same e-mail.
        """
        first = replace(user, id=FIRST_ID, role=Role.ADMIN)
        try:
            return self.add(first)
        except Duplicate:
            if self.by_email_key(user.email_key) is not None:
                raise
            raise NotFirst from None

    def exists_any(self) -> bool:
        """Whether there is any account yet."""
        return self._exists(WHOLE)

    def by_id(self, user_id: str) -> User | None:
        """The account of this id."""
        record = self._by_key("_id", user_id)
        return _user(record) if record else None

    def by_email_key(self, email_key: str) -> User | None:
        """The account with this e-mail, as ``models.users.email_key`` writes it."""
        record = self._by_key("email_key", email_key)
        return _user(record) if record else None

    def page(self, limit: int, cursor: str = "") -> Page[User]:
        """All accounts, newest first."""
        return self._page(WHOLE, limit=limit, cursor=cursor).map(_user)

    def count(self) -> int:
        """How many accounts there are."""
        return self._count(WHOLE)

    def active_admins(self) -> Iterator[User]:
        """Every admin whose account is active, the longest-serving first."""
        return map(_user, self._each(WHOLE, match={"role": Role.ADMIN, "active": True}))

    def update(self, user_id: str, **changes: Any) -> bool:
        """Change fields of an account (those in ``CHANGEABLE``); whether it is there.

        ``Duplicate`` when the new e-mail is another's.
        """
        if not changes.keys() <= CHANGEABLE:
            raise ValueError(f"of an account, {', '.join(sorted(CHANGEABLE))} can change")
        return self._update(WHOLE, user_id, {"$set": changes})

    def delete(self, user_id: str) -> bool:
        """Remove an account; whether it was there."""
        return self._delete(WHOLE, user_id)


def _record(user: User) -> Record:
    return {
        "_id": user.id,
        "name": user.name,
        "email": user.email,
        "email_key": user.email_key,
        "password_hash": user.password_hash,
        "role": user.role,
        "active": user.active,
        "createdAt": user.created_at,
    }


def _user(record: Record) -> User:
    return User(
        id=record["_id"],
        name=record["name"],
        email=record["email"],
        email_key=record["email_key"],
        password_hash=record["password_hash"],
        role=choice(record["role"], Role.USER),
        active=bool(record["active"]),
        created_at=moment(record["createdAt"]),
    )
