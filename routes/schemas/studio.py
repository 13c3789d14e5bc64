"""Templates and cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from models.cards import Card, CardsDone, CardWanted, PictureState, Template
from repositories.cards import SORTS
from routes.schemas.chats import TokensOut
from routes.schemas.fields import Body, ListArguments, MaybeId, Moment, Switch, Text
from services.studio.make_card import MOST_MODELS

PROMPT_LENGTH = 4000
SLUG = r"[a-z][a-z0-9_-]{0,39}"


class _Template(Body):
    """A kind of card."""

    title = Text(80, least=1, required=True, metadata={"example": "Recipe"})
    schema = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "JSON Schema of the fields: an object of texts, numbers, choices, lists and objects.",
            "example": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        },
    )
    instruction = Text(
        4000, load_default="", metadata={"description": "Whom the model plays, and how it writes."}
    )
    image_prompt = Text(1000, load_default="", metadata={"description": "How pictures look, in English."})
    stay_in_role = Text(
        1000,
        load_default="",
        metadata={"description": "How a request for something else is brought back."},
    )


class TemplateChange(_Template):
    """A kind of card anew; what is read-only may come back as it was."""

    name = fields.String(metadata={"description": "Read-only: as in the path, or not at all."})
    built_in = fields.Boolean(metadata={"description": "Ignored."})
    createdAt = Moment(allow_none=True, metadata={"description": "Ignored."})
    updatedAt = Moment(allow_none=True, metadata={"description": "Ignored."})

    @post_load
    def _kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name not in _SHOWN_ALONE}


_SHOWN_ALONE = ("built_in", "createdAt", "updatedAt")


class TemplateIn(_Template):
    """A new kind of card, under a name."""

    name = Text(
        40,
        required=True,
        metadata={"example": "recipe", "pattern": SLUG},
    )

    @validates_schema
    def _named(self, data: dict[str, Any], **_: Any) -> None:
        try:
            validate.Regexp(rf"\A{SLUG}\Z")(data.get("name", ""))
        except ValidationError:
            message = "Must be lower-case letters, digits, _ and -, the first a letter."
            raise ValidationError(message, "name") from None


class TemplateOut(Schema):
    """A kind of card and its JSON Schema."""

    name = fields.String()
    title = fields.String()
    schema = fields.Dict()
    instruction = fields.String()
    image_prompt = fields.String()
    stay_in_role = fields.String()
    built_in = fields.Boolean(attribute="is_built_in")
    createdAt = Moment(attribute="created_at", allow_none=True)
    updatedAt = Moment(attribute="updated_at", allow_none=True)


class CardIn(Body):
    """A card as it is wanted."""

    template = Text(40, least=1, required=True, metadata={"example": "cocktail"})
    prompt = Text(
        PROMPT_LENGTH, least=1, required=True, metadata={"example": "Something for a rainy Sunday."}
    )
    model = Text(200, load_default="", allow_none=True)
    models = fields.List(
        Text(200, least=1),
        load_default=list,
        validate=validate.Length(max=MOST_MODELS),
        metadata={"description": "Several models instead, each making a card of its own, side by side."},
    )
    image = Switch(load_default=True)
    assistant_id = Text(
        64, load_default="", allow_none=True, metadata={"description": "Whose card it is; yours unless told."}
    )

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> CardWanted:
        return CardWanted(
            template=data["template"],
            prompt=data["prompt"],
            models=tuple(dict.fromkeys(data["models"])) or (data["model"] or "",),
            image=data["image"],
            assistant_id=data["assistant_id"] or "",
        )


class CardArguments(Schema):
    """``async=true``: in the background."""

    in_background = fields.Boolean(
        data_key="async",
        load_default=False,
        metadata={
            "description": "Answer 202 with a job at once, as the header `Prefer: respond-async` does too."
        },
    )


class CardOut(Schema):
    """A card."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = MaybeId(allow_none=True)
    template = fields.String()
    name = fields.String()
    model = fields.String(metadata={"description": "Which wrote it."})
    image_model = MaybeId(allow_none=True, metadata={"description": "Which drew the picture that is shown."})
    fields_ = fields.Dict(
        attribute="fields", data_key="fields", metadata={"description": "By the template's schema."}
    )
    note = fields.String(
        metadata={"description": "What the model says beside it, such as that it kept to its role."}
    )
    plain = fields.Boolean(attribute="is_plain", metadata={"description": "Made without a language model."})
    prompt = fields.String()
    image_url = fields.Function(
        lambda card: None if card.picture is PictureState.NONE else f"/studio/cards/{card.id}/image",
        metadata={"type": "string", "nullable": True},
    )
    image_status = fields.Enum(PictureState, by_value=True, attribute="picture")
    image_error = MaybeId(
        allow_none=True, metadata={"description": "Why there is no picture but the placeholder."}
    )
    share_url = fields.Function(
        lambda card: f"/shared/cards/{card.share}" if card.share else None,
        metadata={"type": "string", "nullable": True},
    )
    tokens = fields.Nested(TokensOut)
    createdAt = Moment(attribute="created_at")


class FailedOut(Schema):
    """A model that made no card."""

    model = fields.String()
    error = fields.String(attribute="code")
    message = fields.String()


class CardsOut(CardOut):
    """A card; with `models`, the first of them, and all side by side."""

    cards = fields.List(fields.Nested(CardOut), metadata={"description": "With `models`: one by each."})
    failed = fields.List(
        fields.Nested(FailedOut), metadata={"description": "With `models`: those that made none."}
    )


class CardListArguments(ListArguments):
    """Which cards are wanted, and in which order."""

    template = Text(40, load_default="")
    model = Text(200, load_default="")
    q = Text(200, load_default="", metadata={"description": "Looked for in name, request and fields."})
    sort = fields.String(load_default=SORTS[0], validate=validate.OneOf(SORTS))
    order = fields.String(
        load_default="",
        validate=validate.OneOf(["", "asc", "desc"]),
        metadata={"description": "asc for names and models unless told, desc for createdAt."},
    )


class SharedOut(Schema):
    """Where a card can be seen by whoever has the link."""

    share_url = fields.String()


def shown(cards: Sequence[Card], done: CardsDone) -> dict[str, Any]:
    """What came of a request as ``CardsOut`` lays it out."""
    found: dict[str, Any] = CardOut().dump(cards[0])
    if done.several:
        found["cards"] = CardOut(many=True).dump(cards)
        found["failed"] = FailedOut(many=True).dump(done.failed)
    return found


def template_of(name: str, owner_id: str, body: dict[str, Any]) -> Template:
    """The template in a body."""
    return Template(**{**body, "name": name, "owner_id": owner_id})


def is_ascending(args: dict[str, Any]) -> bool:
    """Whether a list goes up."""
    return bool(args["order"] == "asc" or (not args["order"] and args["sort"] != SORTS[0]))
