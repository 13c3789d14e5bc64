"""Personal API tokens in the records: their hashes, never themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import ClassVar

from models.limits import Bounds
from models.pages import Page
from models.users import PersonalToken
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, maybe_moment, moment


class TokenRepository(Repository):
    """One record a token, unique by its keyed hash."""

    collection: ClassVar[str] = "tokens"
    page_keys: ClassVar[Mapping[str, str]] = {"user_id": "user_page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "token_hash"})

    def add(self, token: PersonalToken) -> None:
        """Keep a new token."""
        self._insert(Scope(user_id=token.user_id), _record(token))

    def by_hash(self, token_hash: str) -> PersonalToken | None:
        """The token with this keyed hash; one that is out of date may still be there."""
        record = self._by_key("token_hash", token_hash)
        return _token(record) if record else None

    def by_id(self, token_id: str) -> PersonalToken | None:
        """The token with this id, whosever it is."""
        record = self._by_key("_id", token_id)
        return _token(record) if record else None

    def update(self, token: PersonalToken) -> bool:
        """Write a token's name and limits; ``False`` when it is not there (any more)."""
        change = {"name": token.name, "limits": asdict(token.limits)}
        return self._update(Scope(user_id=token.user_id), token.id, {"$set": change})

    def page(self, user_id: str, limit: int, cursor: str = "") -> Page[PersonalToken]:
        """A person's tokens, newest first."""
        return self._page(Scope(user_id=user_id), limit=limit, cursor=cursor).map(_token)

    def count(self, user_id: str) -> int:
        """How many tokens a person has."""
        return self._count(Scope(user_id=user_id))

    def delete(self, user_id: str, token_id: str) -> bool:
        """End one of a person's tokens; whether it was theirs."""
        return self._delete(Scope(user_id=user_id), token_id)

    def delete_all_of(self, user_id: str) -> int:
        """End all of a person's tokens; how many there were."""
        return self._delete_all(Scope(user_id=user_id))


def _record(token: PersonalToken) -> Record:
    return {
        "_id": token.id,
        "user_id": token.user_id,
        "name": token.name,
        "token_hash": token.token_hash,
        "createdAt": token.created_at,
        "expiresAt": token.expires_at,
        "limits": asdict(token.limits),
    }


def _token(record: Record) -> PersonalToken:
    return PersonalToken(
        id=record["_id"],
        user_id=record["user_id"],
        name=record["name"],
        token_hash=record["token_hash"],
        created_at=moment(record["createdAt"]),
        expires_at=maybe_moment(record.get("expiresAt")),
        limits=Bounds(**{one.name: (record.get("limits") or {}).get(one.name) for one in fields(Bounds)}),
    )
