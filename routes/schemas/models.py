"""The model catalogue."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from models.catalogue import LONGEST_NAME, JsonMode, Origin, Provider
from routes.schemas.chats import TokensOut
from routes.schemas.fields import Body, KeyText, Number, Switch, Text, WholeNumber

MOST_TOKENS = 100_000_000
MOST_CALLS = 100_000
SAMPLED = "Where a request has none of its own."


class _Entry(Body):
    """What an admin may set of a model."""

    model = Text(
        LONGEST_NAME,
        allow_none=True,
        metadata={"description": "What its server calls it, if not by its name."},
    )
    base_url = Text(
        2000, allow_none=True, metadata={"description": "Its server's address; else that of the settings."}
    )
    context = WholeNumber(1, MOST_TOKENS, allow_none=True, metadata={"description": "In tokens."})
    price_in = Number(
        allow_none=True, validate=validate.Range(0, 1e9), metadata={"description": "A million tokens read."}
    )
    price_out = Number(
        allow_none=True,
        validate=validate.Range(0, 1e9),
        metadata={"description": "A million tokens written."},
    )
    temperature = Number(allow_none=True, validate=validate.Range(0, 2), metadata={"description": SAMPLED})
    top_p = Number(
        allow_none=True,
        validate=validate.Range(0, 1, min_inclusive=False),
        metadata={"description": SAMPLED, "exclusiveMinimum": True},
    )
    max_tokens = WholeNumber(1, MOST_TOKENS, allow_none=True, metadata={"description": SAMPLED})
    fallbacks = fields.List(
        Text(LONGEST_NAME, least=1),
        validate=validate.Length(max=20),
        metadata={"description": "Models that are asked in turn when this one fails."},
    )
    timeout_s = Number(
        allow_none=True,
        validate=validate.Range(0, 3600, min_inclusive=False),
        metadata={"description": "Seconds that one attempt may take.", "exclusiveMinimum": True},
    )
    max_concurrent = WholeNumber(
        1, MOST_CALLS, allow_none=True, metadata={"description": "Calls under way at once."}
    )
    json_mode = fields.Enum(
        JsonMode,
        by_value=True,
        metadata={
            "description": "How it is asked for answers of a given shape: by JSON Schema, as a tool call, "
            "in words, or `auto`: the first that its server takes."
        },
    )

    @post_load
    def _tidied(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        for name in ("model", "base_url"):
            if name in data:
                data[name] = (data[name] or "").strip()
        if "fallbacks" in data:
            data["fallbacks"] = tuple(dict.fromkeys(data["fallbacks"]))
        return data


class ModelIn(_Entry):
    """A new model."""

    name = Text(LONGEST_NAME, least=1, required=True)
    provider = fields.Enum(Provider, by_value=True, required=True)
    api_key = KeyText(load_default="", allow_none=True)


class ModelChange(_Entry):
    """Any subset of a model; what is read-only may come back as it was."""

    name = Text(LONGEST_NAME, metadata={"description": "Read-only: as in the path, or not at all."})
    provider = fields.Enum(Provider, by_value=True)
    api_key = KeyText(
        allow_none=True, metadata={"description": "The mask of the present key keeps it; empty removes it."}
    )
    source = fields.String(metadata={"description": "Ignored."})
    default = Switch(metadata={"description": "Ignored."})
    ready = Switch(metadata={"description": "Ignored."})
    priced = Switch(metadata={"description": "Ignored."})


class ModelOut(Schema):
    """A model; anybody but an admin sees its name, its provider and whether it is the default."""

    name = fields.String()
    provider = fields.Enum(Provider, by_value=True)
    default = fields.Boolean(metadata={"description": "Whether it answers for assistants that name none."})
    priced = fields.Boolean(
        metadata={"description": "Whether it is known what it costs: without, a budget of money refuses it."}
    )
    model = fields.String()
    base_url = fields.String()
    api_key = fields.String(metadata={"description": "Masked."})
    context = fields.Integer(allow_none=True)
    price_in = fields.Float(allow_none=True)
    price_out = fields.Float(allow_none=True)
    temperature = fields.Float(allow_none=True)
    top_p = fields.Float(allow_none=True)
    max_tokens = fields.Integer(allow_none=True)
    fallbacks = fields.List(fields.String())
    timeout_s = fields.Float(allow_none=True)
    max_concurrent = fields.Integer(allow_none=True)
    json_mode = fields.Enum(JsonMode, by_value=True)
    source = fields.Enum(
        Origin,
        by_value=True,
        metadata={"description": "`records` may be changed here; the others are read-only."},
    )
    ready = fields.Boolean(metadata={"description": "False while it is left alone for its failures."})


class TestedOut(Schema):
    """What came of asking a model for one word."""

    name = fields.String()
    ok = fields.Boolean()
    ms = fields.Integer()
    response = fields.String(allow_none=True)
    tokens = fields.Nested(TokensOut, allow_none=True)
    error = fields.String(allow_none=True, metadata={"description": "Machine code of what went wrong."})
    message = fields.String(allow_none=True, metadata={"description": "The same as a sentence."})
