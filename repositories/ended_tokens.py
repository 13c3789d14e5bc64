"""Tokens of an identity provider whose holders have signed out here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import Scope


class EndedTokenRepository(Repository):
    """One record a token, under its digest, until it would have ended by itself."""

    collection: ClassVar[str] = "ended_tokens"
    page_keys: ClassVar[Mapping[str, str]] = {"user_id": "user_page"}

    def add(self, user_id: str, digest: str, until: datetime) -> None:
        """Note that a token is not good any more; again is the same."""
        try:
            self._insert(Scope(user_id=user_id), {"_id": digest, "user_id": user_id, "until": until})
        except Duplicate:
            return

    def holds(self, digest: str) -> bool:
        """Whether a token was ended."""
        return self._by_key("_id", digest) is not None

    def delete_outdated(self, user_id: str, now: datetime) -> int:
        """Remove what would not be good any more in any case."""
        return self._delete_all(Scope(user_id=user_id), match={"until": {"$lte": now}})

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove those of an account."""
        return self._delete_all(Scope(user_id=user_id))
