"""Cards and their pictures in the records."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kit.clock import utc_now
from models.cards import Card, PictureState
from models.chats import Tokens
from models.jobs import JobState, OpenJob
from models.pages import Page
from models.text.folding import fold
from repositories.base import Repository
from repositories.scope import WHOLE, Scope
from repositories.values import Record, choice, moment

SORTS = ("createdAt", "name", "model")
_PARENTS = {"assistant_id": "assistant", "owner_id": "owner", "whole": "whole"}
_KEY_LENGTH = 60


@dataclass(frozen=True)
class CardFilter:
    """Which cards of a list are wanted; what is empty does not narrow it."""

    template: str = ""
    model: str = ""
    text: str = ""


class CardRepository(Repository):
    """One record a card; it is listed by its age, its name or its model, each by a page key of its own."""

    collection: ClassVar[str] = "cards"
    page_keys: ClassVar[Mapping[str, str]] = {parent: f"{kind}_page" for parent, kind in _PARENTS.items()}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "share"})

    def add(self, card: Card) -> None:
        """Keep a new card."""
        self._insert(Scope(owner_id=card.owner_id), _record(card))

    def get(self, scope: Scope, card_id: str) -> Card | None:
        """The card of this id within the scope."""
        record = self._get(scope, card_id)
        return _card(record) if record else None

    def shared(self, share: str) -> Card | None:
        """The card that this word opens."""
        record = self._by_key("share", share) if share else None
        return _card(record) if record else None

    def page(
        self, scope: Scope, wanted: CardFilter, limit: int, cursor: str = "", *, sort: str, descending: bool
    ) -> Page[Card]:
        """Cards within the scope, in one of the orders of ``SORTS``."""
        order = _ORDERS[sort]
        found = order(self._records.database)._page(  # noqa: SLF001  # the same collection by another key
            scope, limit=limit, cursor=cursor, match=_match(wanted), newest_first=descending
        )
        return found.map(_card)

    def count(self, scope: Scope, wanted: CardFilter) -> int:
        """How many cards a list would give in all."""
        return self._count(scope, match=_match(wanted))

    def set_picture(self, card: Card, was: PictureState | None = None) -> bool:
        """Write how far its picture has come; ``False`` when the card is gone or was not ``was`` any more."""
        change = {
            "picture": card.picture,
            "image_model": card.image_model,
            "image_error": card.image_error,
            "image_work": card.picture,
            "image_since": utc_now(),
        }
        when = {"picture": was} if was else None
        return self._update(Scope(owner_id=card.owner_id), card.id, {"$set": change}, when=when)

    def set_share(self, card: Card) -> bool:
        """Write the word that opens it, or that none does."""
        return self._update(Scope(owner_id=card.owner_id), card.id, {"$set": {"share": card.share}})

    @staticmethod
    def cursor(card: Card, sort: str) -> str:
        """What orders a card in a list, and asks for what follows it."""
        return card.id if sort == SORTS[0] else _tail(_record(card), sort)

    def being_drawn(self) -> list[Card]:
        """Every card whose picture is not there yet."""
        return [_card(record) for record in self._sweep("image_work", PictureState.DRAWING)]

    def open_work(self, limit: int) -> list[OpenJob]:
        """The pictures of the installation that are not there yet, as far as they are counted."""
        found = self._some("image_work", PictureState.DRAWING, limit, ("image_since", "createdAt"))
        return [
            OpenJob(JobState.WAITING, moment(record.get("image_since") or record["createdAt"]))
            for record in found
        ]

    def delete(self, card: Card) -> bool:
        """Remove a card; whether it was there."""
        return self._delete(Scope(owner_id=card.owner_id), card.id)

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        scope = Scope(assistant_id=assistant_id)
        for record in self._each(scope):
            keys = {f"owner_{sort}": f"{owner_id}:{_tail(record, sort)}" for sort in SORTS[1:]}
            self._update(scope, record["_id"], {"$set": {"owner_id": owner_id, **keys}})

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every card of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every card of a person."""
        return self._delete_all(Scope(owner_id=user_id))


class _ByName(CardRepository):
    page_keys: ClassVar[Mapping[str, str]] = {parent: f"{kind}_name" for parent, kind in _PARENTS.items()}


class _ByModel(CardRepository):
    page_keys: ClassVar[Mapping[str, str]] = {parent: f"{kind}_model" for parent, kind in _PARENTS.items()}


_ORDERS: Mapping[str, type[CardRepository]] = {
    "createdAt": CardRepository,
    "name": _ByName,
    "model": _ByModel,
}


class CardImageRepository(Repository):
    """One record a picture, under its card's id: JPEG in base64."""

    collection: ClassVar[str] = "card_images"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page", "owner_id": "owner_page"}

    def put(self, card: Card, jpeg: bytes) -> None:
        """Keep a card's picture in the place of the one before."""
        self.delete(card)
        record = {
            "_id": card.id,
            "owner_id": card.owner_id,
            "assistant_id": card.assistant_id,
            "jpeg": base64.b64encode(jpeg).decode(),
        }
        self._insert(Scope(owner_id=card.owner_id), record)

    def get(self, card: Card) -> bytes | None:
        """A card's picture, as JPEG."""
        record = self._get(WHOLE, card.id)  # whoever has the card may see it, whose it was when it was drawn
        return base64.b64decode(record["jpeg"]) if record else None

    def delete(self, card: Card) -> bool:
        """Remove a card's picture."""
        return self._delete(WHOLE, card.id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every picture of an assistant's cards."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every picture of a person's cards."""
        return self._delete_all(Scope(owner_id=user_id))


def _match(wanted: CardFilter) -> dict[str, Any]:
    match: dict[str, Any] = {}
    if wanted.template:
        match["template"] = wanted.template
    if wanted.model:
        match["model"] = wanted.model
    if wanted.text:
        match["search"] = {"$regex": re.escape(fold(wanted.text))}
    return match


def _tail(record: Record, sort: str) -> str:
    """What orders a card among others: names alike stand by their age."""
    return f"{fold(record[sort])[:_KEY_LENGTH]} {record['_id']}"


def _record(card: Card) -> Record:
    record = {
        "_id": card.id,
        "owner_id": card.owner_id,
        "assistant_id": card.assistant_id,
        "template": card.template,
        "model": card.model,
        "name": card.name,
        "prompt": card.prompt,
        "fields": card.fields,
        "note": card.note,
        "plain": card.is_plain,
        "picture": card.picture,
        "image_work": card.picture,
        "image_model": card.image_model,
        "image_error": card.image_error,
        "share": card.share,
        "tokens": vars(card.tokens),
        "search": fold(f"{card.name} {card.prompt} {_texts(card.fields)}")[:2000],
        "createdAt": card.created_at,
    }
    for parent, kind in _PARENTS.items():
        for sort in SORTS[1:]:
            record[f"{kind}_{sort}"] = f"{record.get(parent, '')}:{_tail(record, sort)}"
    return record


def _texts(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(map(_texts, value.values()))
    return " ".join(map(_texts, value)) if isinstance(value, list | tuple) else str(value)


def _card(record: Record) -> Card:
    return Card(
        id=record["_id"],
        owner_id=record["owner_id"],
        assistant_id=record["assistant_id"],
        template=record["template"],
        model=record["model"],
        name=record["name"],
        prompt=record["prompt"],
        fields=record["fields"],
        note=record["note"],
        is_plain=record["plain"],
        picture=choice(record["picture"], PictureState.NONE),
        image_model=record["image_model"],
        image_error=record["image_error"],
        share=record["share"],
        tokens=Tokens(**record["tokens"]),
        created_at=moment(record["createdAt"]),
    )
