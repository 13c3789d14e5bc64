"""Find, share and delete cards as the caller may see them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from integrations.images.placeholder import compose, placeholder_svg
from kit.errors import NotFound
from models.actors import Actor, ActorKind
from models.cards import Card, PictureState
from models.pages import Page
from repositories.cards import CardFilter, CardImageRepository, CardRepository
from services.assistants.find_assistants import FindAssistants

SHARE_BYTES = 24


@dataclass(frozen=True)
class Picture:
    """A picture's bytes and what they are."""

    data: bytes
    mimetype: str


class FindCards:
    """Reads the cards of a person, of the assistants they have a role on, or of a bot's assistant."""

    def __init__(
        self, *, cards: CardRepository, images: CardImageRepository, assistants: FindAssistants
    ) -> None:
        self._cards = cards
        self._images = images
        self._assistants = assistants

    def get(self, actor: Actor, card_id: str) -> Card:
        """The card, for what the call does; ``NotFound`` when it is nobody's business of the caller."""
        card = self._assistants.first_seen(actor, card_id, self._cards.get)
        if card is None:
            raise NotFound
        if card.assistant_id and actor.kind is ActorKind.PERSON:
            self._assistants.get(actor, card.assistant_id)
        return card

    def those_of(self, actor: Actor, card_ids: Iterable[str]) -> list[Card]:
        """The cards of these ids that are still there."""
        found = []
        for one in card_ids:
            with suppress(NotFound):
                found.append(self.get(actor, one))
        return found

    def page(
        self, actor: Actor, wanted: CardFilter, limit: int, cursor: str, *, sort: str, descending: bool
    ) -> Page[Card]:
        """The cards that the caller may see, in one of the orders of ``SORTS``."""
        pages = [
            self._cards.page(one, wanted, limit, cursor, sort=sort, descending=descending)
            for one in self._assistants.scopes(actor)
        ]
        if len(pages) == 1:
            return pages[0]
        return _merged(pages, limit, sort, descending=descending)

    def count(self, actor: Actor, wanted: CardFilter) -> int:
        """How many cards a list would give in all."""
        return sum(self._cards.count(one, wanted) for one in self._assistants.scopes(actor))

    def delete(self, card: Card) -> None:
        """Remove a card and its picture, or ``NotFound``."""
        there = self._cards.delete(card)
        self._images.delete(card)
        if not there:
            raise NotFound

    def picture(self, card: Card) -> Picture:
        """What is shown of a card: the picture that was drawn, else the placeholder; ``NotFound`` without one."""
        if card.picture is PictureState.NONE:
            raise NotFound("This card has no picture.")
        jpeg = self._images.get(card)
        if jpeg is not None:
            return Picture(jpeg, "image/jpeg")
        composed = compose(card.name, card.template.replace("_", " "), card.id)
        return Picture(placeholder_svg(composed).encode(), "image/svg+xml")

    def share(self, card: Card) -> Card:
        """Open a card to whoever has its link; one that is open already keeps its link.

        ``NotFound`` when it is gone.
        """
        if card.share:
            return card
        opened = replace(card, share=secrets.token_urlsafe(SHARE_BYTES))
        if not self._cards.set_share(opened):
            raise NotFound
        return opened

    def unshare(self, card: Card) -> None:
        """Close it: its link leads nowhere from now on. ``NotFound`` when it is gone."""
        if not self._cards.set_share(replace(card, share="")):
            raise NotFound

    def shared(self, share: str) -> Card:
        """The card that a link opens, or ``NotFound``."""
        card = (
            self._cards.shared(share)
            if len(share) <= 64 and share.isascii() and share.isprintable()
            else None
        )
        if card is None:
            raise NotFound
        return card


def _merged(pages: Iterable[Page[Card]], limit: int, sort: str, *, descending: bool) -> Page[Card]:
    """One page of several lists; what several hold comes once."""
    given = list(pages)
    found = {CardRepository.cursor(card, sort): card for page in given for card in page.items}
    order = sorted(found, reverse=descending)
    more = len(order) > limit or any(page.next_cursor for page in given)
    return Page(tuple(found[one] for one in order[:limit]), order[:limit][-1] if more and order else "")
