"""Which account belongs to whom at an identity provider."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import ClassVar

from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import Scope


class IdentityRepository(Repository):
    """One record an identity, under the hash of its issuer and subject."""

    collection: ClassVar[str] = "identities"
    page_keys: ClassVar[Mapping[str, str]] = {"user_id": "user_page"}

    def claim(self, issuer: str, subject: str, user_id: str) -> str:
        """The id of the account of this identity: ``user_id`` from now on, unless it has one."""
        key = identity_key(issuer, subject)
        record = {"_id": key, "user_id": user_id, "issuer": issuer, "subject": subject}
        try:
            self._insert(Scope(user_id=user_id), record)
        except Duplicate:
            return self.user_of(issuer, subject) or user_id
        return user_id

    def user_of(self, issuer: str, subject: str) -> str:
        """The id of the account of this identity, or nothing."""
        record = self._by_key("_id", identity_key(issuer, subject))
        return str(record["user_id"]) if record else ""

    def delete_all_of_user(self, user_id: str) -> int:
        """Forget the identities of an account."""
        return self._delete_all(Scope(user_id=user_id))


def identity_key(issuer: str, subject: str) -> str:
    """One string for an issuer and a subject: 64 hex characters."""
    return hashlib.sha256(f"{len(issuer)}:{issuer}{subject}".encode()).hexdigest()
