"""Assistants, their settings, searches in their documents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_dump, post_load, validate

from models.assistants import Language, Persona
from models.limits import Bounds, Limits, Over
from models.members import AssistantRole
from routes.schemas.fields import (
    AS_IT_WAS,
    Body,
    Found,
    HeadingPath,
    KeyText,
    Moment,
    Number,
    Switch,
    Text,
    WholeNumber,
)
from services.assistants.provider_keys import masked
from services.assistants.rotate_key import LONGEST_OVERLAP

LONG_TEXT = 20_000
MANY = 2**53 - 1


class PersonaField(Body):
    """Whom the assistant plays."""

    char_descr = Text(LONG_TEXT, load_default="")
    world_descr = Text(LONG_TEXT, load_default="")

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Persona:
        return Persona(**data)


class _Bounds(Body):
    requests_per_minute = WholeNumber(1, MANY, allow_none=True)
    tokens_per_day = WholeNumber(1, MANY, allow_none=True)
    tokens_per_month = WholeNumber(1, MANY, allow_none=True)
    money_per_month = Number(allow_none=True, validate=validate.Range(0, 1e12))


class BoundsField(_Bounds):
    """Upper bounds for each end user; ``null`` is no bound."""

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Bounds:
        return Bounds(**data)


class OverField(Body):
    """What happens when a budget is used up: this model answers, or this text does. Without it: 429."""

    model = Text(200)
    message = Text(LONG_TEXT)

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Over:
        chosen = {name: text for name, text in data.items() if text.strip()}
        if len(chosen) != 1:
            raise ValidationError("Name a model or a message, one of the two.")
        return Over(**chosen)


class LimitsField(_Bounds):
    """Upper bounds; ``null`` is no bound. Days and months are those of UTC, money is in the unit of the prices."""

    user = fields.Nested(BoundsField, allow_none=True)
    over = fields.Nested(OverField, allow_none=True)

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Limits:
        return Limits(**data)

    @post_dump
    def _only_what_is_set(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {
            name: value for name, value in data.items() if value is not None or name not in ("user", "over")
        }


class ProviderKeysField(fields.Dict):
    """Keys by provider or host; shown masked."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            keys=Text(300, least=1),
            values=KeyText(allow_none=True),
            validate=validate.Length(max=20),
            **more,
        )

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, str]:
        return masked(value or ())


class _Settings(Body):
    """What an owner may set; loads into ``settings``."""

    company = Text(attribute="settings.company")
    model = Text(200, attribute="settings.model")
    fallback_models = fields.List(
        Text(200, least=1), validate=validate.Length(max=20), attribute="settings.fallback_models"
    )
    provider_keys = ProviderKeysField(
        attribute="settings.provider_keys",
        metadata={
            "description": "The owner's own keys, by provider or host of the catalogue. Shown masked; a mask keeps "
            "the present key, an empty one removes it. Each goes to the server that it was entered for alone."
        },
    )
    temperature = Number(allow_none=True, validate=validate.Range(0, 2), attribute="settings.temperature")
    top_p = Number(
        allow_none=True,
        validate=validate.Range(0, 1, min_inclusive=False),
        attribute="settings.top_p",
        metadata={"exclusiveMinimum": True},
    )
    max_tokens = WholeNumber(1, 1_000_000, allow_none=True, attribute="settings.max_tokens")
    language = fields.Enum(Language, by_value=True, attribute="settings.language")
    history_turns = WholeNumber(0, 100, attribute="settings.history_turns")
    top_k = WholeNumber(1, 20, attribute="settings.top_k")
    persona = fields.Nested(PersonaField, allow_none=True, attribute="settings.persona")
    has_scratchpad = Switch(attribute="settings.has_scratchpad")
    greeting = Text(
        LONG_TEXT,
        attribute="settings.greeting",
        metadata={"description": "Goes before the first answer of a chat."},
    )
    fallback_message = Text(LONG_TEXT, attribute="settings.fallback_message")
    no_answer_message = Text(LONG_TEXT, attribute="settings.no_answer_message")
    answer_cache = Switch(
        attribute="settings.answer_cache",
        metadata={"description": "Whether a chat's first question is answered as it was answered before."},
    )
    opt_out_words = Switch(
        attribute="settings.opt_out_words",
        metadata={
            "description": "Whether a contact who writes STOP, PARAR, … alone gets no pushes any more."
        },
    )
    answer_cache_similarity = Number(
        validate=validate.Range(0.9, 1),
        attribute="settings.answer_cache_similarity",
        metadata={
            "description": "How near, by an embedder beside the built-in one, questions about the same must be."
        },
    )
    min_evidence = Number(
        allow_none=True,
        validate=validate.Range(0, 1),
        attribute="settings.min_evidence",
        metadata={"description": "How sure an answer must be at least; null: as calibrated."},
    )
    limits = fields.Nested(LimitsField, attribute="settings.limits")
    log_content = Switch(
        attribute="settings.log_content",
        metadata={"description": "Whether the request log keeps what was asked and answered."},
    )
    webhook_url = Text(2000, metadata={"description": "Where events are posted; empty for nowhere."})
    webhook_secret = Text(
        500, metadata={"description": "Signs them; `whsec_` and base64, or any text. Comes back masked."}
    )

    @post_load
    def _settled(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        settings = data.setdefault("settings", {})
        if "fallback_models" in settings:
            settings["fallback_models"] = tuple(settings["fallback_models"])
        return data


class AssistantIn(_Settings):
    """A new assistant."""

    name = Text(least=1, required=True)
    owner_id = Text(24, load_default="", metadata={"description": "Another's is for admins."})


class AssistantChange(_Settings):
    """Any subset of an assistant; what is read-only may come back as it was."""

    name = Text(least=1)
    owner_id = Text(24, least=1)
    _id = fields.String(metadata=AS_IT_WAS)
    id = fields.String(metadata=AS_IT_WAS)
    api_key = fields.String(allow_none=True, metadata=AS_IT_WAS)
    createdAt = fields.String(metadata=AS_IT_WAS)
    # Not compared: an assistant that was got before another change may be sent back all the same.
    updatedAt = Moment(metadata={"description": "Ignored."})
    role = fields.String(metadata={"description": "Ignored."})
    old_key_expires_at = Moment(allow_none=True, metadata={"description": "Ignored."})


READ_ONLY = ("_id", "id", "api_key", "createdAt")


class AssistantOut(_Settings):
    """An assistant as its owner sees it; to an editor or viewer, without what opens it."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    name = fields.String()
    owner_id = fields.String()
    role = fields.Enum(
        AssistantRole, by_value=True, metadata={"description": "What the caller is to the assistant."}
    )
    api_key = fields.String(
        allow_none=True, metadata={"description": "`null` to whom it is not: editors and viewers."}
    )
    old_key_expires_at = Moment(
        allow_none=True, metadata={"description": "Until when a key from before the last rotation works."}
    )
    createdAt = Moment(attribute="created_at")
    updatedAt = Moment(attribute="updated_at")


class RotateIn(Body):
    """How long the old key works beside the new one; at most 90 days."""

    overlap_hours = Number(validate=validate.Range(0, LONGEST_OVERLAP / timedelta(hours=1)))
    overlap_s = WholeNumber(0, LONGEST_OVERLAP // timedelta(seconds=1))

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> dict[str, timedelta]:
        if len(data) > 1:
            raise ValidationError("Say overlap_hours or overlap_s, not both.", "overlap_s")
        hours, seconds = data.get("overlap_hours", 0), data.get("overlap_s", 0)
        return {"overlap": timedelta(hours=hours, seconds=seconds)}


class KeyOut(Schema):
    """An assistant's key, and with an overlap until when the old one works beside it."""

    api_key = fields.String()
    old_key_expires_at = Moment()


class SearchIn(Body):
    """A question to search an assistant's documents for."""

    query = Text(LONG_TEXT, least=1, required=True)
    top_k = WholeNumber(1, 50, load_default=None, allow_none=True)


class PassageOut(Found):
    """A passage as the chat would be given it."""

    filename = fields.String()
    heading = HeadingPath(allow_none=True)
    page = fields.Integer(allow_none=True)
    text = fields.String()
    score = fields.Float()


class SearchOut(Schema):
    """Passages, best first, and whether they are evidence for an answer."""

    passages = fields.List(fields.Nested(PassageOut))
    enough = fields.Boolean()
    evidence = fields.Float(metadata={"description": "How sure that is, from 0 to 1: see min_evidence."})
