"""Print a card: its words for readers, and its PDF."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.images.placeholder import compose
from kit.errors import NotFound
from models.cards import Card, PictureState, lines_of
from repositories.cards import CardImageRepository
from services.studio.templates import Templates


class PrintCard:
    """Lays out cards by their templates, also by one that is gone meanwhile."""

    def __init__(self, *, templates: Templates, images: CardImageRepository) -> None:
        self._templates = templates
        self._images = images

    def lines(self, card: Card) -> Sequence[tuple[str, Sequence[str]]]:
        """Each field but the name: its label and its lines."""
        try:
            schema = self._templates.get(card.owner_id, card.template).schema
        except NotFound:
            schema = {}
        return lines_of(card.fields, schema)

    def pdf(self, card: Card) -> bytes:
        """The card on one page, with its picture if it has one."""
        from integrations.card_pdf import Sheet, card_pdf  # noqa: PLC0415  # 8 MB that most never need

        has_picture = card.picture is not PictureState.NONE
        jpeg = self._images.get(card) if has_picture else None
        composed = compose(card.name, card.template, card.id) if has_picture and jpeg is None else None
        drawn = f" · picture: {card.image_model}" if has_picture else ""
        footer = f"written by: {card.model}{drawn}"
        return card_pdf(Sheet(card.name, self.lines(card), footer, jpeg, composed))
