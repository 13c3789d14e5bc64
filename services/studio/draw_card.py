"""Draw the picture of a card; a failure leaves the card as it is, and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from integrations.images.as_jpeg import as_jpeg
from integrations.images.base import ImageMaker
from kit.errors import AppError, Conflict, NotFound
from models.cards import PLACEHOLDER, Card, PictureState
from models.completions import CompletionRequest, PromptMessage
from models.text.language import detect_language
from repositories.cards import CardImageRepository, CardRepository
from repositories.scope import WHOLE
from services.llm.base import Model
from services.studio.templates import Templates

WENT_WRONG = "The picture could not be drawn."
LONGEST_WISH = 1200  # characters of the card's words
_IN_ENGLISH = (
    "Write one paragraph in English, at most 60 words, that tells an image generator what to draw for this card. "
    "Say what is seen, nothing else; no text, no names of people.\nStyle: {style}\nThe card: {card}"
)


class DrawCard:
    """Asks the image service for a card's picture, with a prompt that a model puts into English where it must."""

    def __init__(
        self,
        *,
        cards: CardRepository,
        images: CardImageRepository,
        templates: Templates,
        complete: Model,
        maker: ImageMaker | None,
        draws: str,
        draw_soon: Callable[[str], None],
    ) -> None:
        self._cards = cards
        self._images = images
        self._templates = templates
        self._complete = complete
        self._maker = maker
        self._draws = draws
        self._draw_soon = draw_soon

    def again(self, card: Card) -> Card:
        """Have a card's picture drawn anew; ``Conflict`` while pictures are switched off, or it is being drawn.

        ``NotFound`` when the card is gone.
        """
        if not self._draws:
            raise Conflict("Pictures are switched off here (IMAGE_GEN_ENABLED).", code="images_off")
        if card.picture is PictureState.DRAWING:
            raise Conflict("This picture is being drawn already.", code="being_drawn")
        state = PictureState.DRAWING if self._maker else PictureState.READY
        begun = replace(card, picture=state, image_model=card.image_model or PLACEHOLDER, image_error="")
        if not self._cards.set_picture(begun, was=card.picture):
            raise NotFound
        if self._maker:
            self._draw_soon(card.id)
        return begun

    def waiting(self) -> Iterable[str]:
        """The ids of cards that a process that is gone left without their picture."""
        return [card.id for card in self._cards.being_drawn()]

    def draw(self, card_id: str) -> None:
        """Draw one; nothing when it is drawn already, or gone."""
        card = self._cards.get(WHOLE, card_id)
        if card is None or card.picture is not PictureState.DRAWING:
            return
        try:
            if self._maker is None:
                self._end(replace(card, picture=PictureState.READY, image_model=PLACEHOLDER))
                return
            jpeg = as_jpeg(self._maker.draw(self._prompt(card)))
        except AppError as problem:
            self.fail(card_id, problem.sentence)
            return
        self._images.put(card, jpeg)
        self._end(replace(card, picture=PictureState.READY, image_model=self._maker.name, image_error=""))

    def fail(self, card_id: str, why: str = WENT_WRONG) -> None:
        """Leave a card with the picture that it had, and say why."""
        card = self._cards.get(WHOLE, card_id)
        if card is not None:
            self._cards.set_picture(
                replace(card, picture=PictureState.FAILED, image_error=why), was=PictureState.DRAWING
            )

    def _end(self, card: Card) -> None:
        if not self._cards.set_picture(card, was=PictureState.DRAWING) and not self._cards.get(
            WHOLE, card.id
        ):
            self._images.delete(card)  # the card was deleted meanwhile

    def _prompt(self, card: Card) -> str:
        try:
            style = self._templates.get(card.owner_id, card.template).image_prompt
        except NotFound:
            style = ""
        texts = [str(value) for value in card.fields.values() if isinstance(value, str | int | float)]
        words = "\n".join(texts)[:LONGEST_WISH]
        plain = f"{style}\n{words}".strip()
        if card.is_plain or detect_language(words) == "en":
            return plain
        asked = _IN_ENGLISH.format(style=style, card=words)
        request = CompletionRequest(
            (PromptMessage("user", asked),), card.model, owner_id=card.owner_id, assistant_id=card.assistant_id,
            purpose="image_prompt",
        )  # fmt: skip
        try:
            return f"{style}\n{self._complete.complete(request).text}".strip()
        except AppError:  # a picture from the card's own words is better than none
            return plain
