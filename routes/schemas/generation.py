"""Prompts and answers without a chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from models.cards import Card, CardsDone
from models.generation import Generated, GenerationJob, JobStatus
from routes.schemas.chats import MESSAGE_LENGTH, RoutingOut, SourceOut, TokensOut
from routes.schemas.fields import CLIENT_ID_LENGTH, Body, Moment, Number, Switch, Text, WholeNumber
from routes.schemas.studio import shown as shown_cards

PROMPT_LENGTH = 500_000
MOST_TOKENS = 10_000_000
USER = "The end user that the tokens are counted for, as you call them."


class SamplingIn(Body):
    """How to sample; what is left out is the assistant's or the model's choice."""

    temperature = Number(
        load_default=None, allow_none=True, validate=validate.Range(0, 2), metadata={"example": 0.7}
    )
    top_p = Number(load_default=None, allow_none=True, validate=validate.Range(0, 1, min_inclusive=False))
    max_tokens = WholeNumber(1, MOST_TOKENS, load_default=None, allow_none=True)


class GenerateIn(SamplingIn):
    """A prompt."""

    prompt = Text(PROMPT_LENGTH, least=1, required=True, metadata={"example": "Write a haiku."})
    system = Text(PROMPT_LENGTH, load_default="", allow_none=True)
    model = Text(200, load_default="", allow_none=True)
    user_id = Text(CLIENT_ID_LENGTH, load_default="", allow_none=True, metadata={"description": USER})
    stream = Switch(load_default=False)


class RagIn(GenerateIn):
    """A question to an assistant's documents; ``assistant_id`` is needed with a person's token."""

    prompt = Text(MESSAGE_LENGTH, least=1, required=True, metadata={"example": "Quanto custa a limpeza?"})
    assistant_id = Text(64, load_default="", allow_none=True)


class GenerateArguments(Schema):
    """``async=true``: in the background."""

    in_background = fields.Boolean(
        data_key="async",
        load_default=False,
        metadata={"description": "Answer 202 with a job at once, and work in the background."},
    )


class MetaOut(Schema):
    """How an answer came about."""

    tokens_used = fields.Integer()
    tokens = fields.Nested(TokensOut)
    response_time = fields.String(metadata={"example": "1.23s"})
    model = fields.String()
    routing = fields.Nested(RoutingOut)


class GeneratedOut(Schema):
    """What the model wrote."""

    output = fields.String()
    meta = fields.Nested(MetaOut)


class GroundedOut(GeneratedOut):
    """The same, with the passages that it was given."""

    sources = fields.List(fields.Nested(SourceOut))


class ModelStateOut(Schema):
    """A model and whether it can be asked."""

    name = fields.String()
    provider = fields.String()
    ready = fields.Boolean()


class StatusOut(Schema):
    """``degraded`` when the default model, or a part that answers depend on, is down."""

    status = fields.String(metadata={"enum": ["ready", "degraded"]})
    models = fields.List(fields.Nested(ModelStateOut), metadata={"description": "Only with a credential."})


class JobStartedOut(Schema):
    """A job that waits."""

    job_id = fields.String()


class JobErrorOut(Schema):
    """Why there is no answer."""

    code = fields.String()
    message = fields.String()


class JobOut(Schema):
    """A job; ``result`` is what the same request at once would have given."""

    job_id = fields.String()
    status = fields.Enum(JobStatus, by_value=True)
    progress = fields.Integer()
    result = fields.Raw(
        allow_none=True,
        metadata={
            "type": "object",
            "description": "An answer as `/generate` and `/rag` give it, or a card as `POST /studio/cards` does; of "
            "cards that were deleted since, nothing.",
        },
    )
    error = fields.Nested(JobErrorOut, allow_none=True)
    createdAt = Moment(attribute="created_at")
    finishedAt = Moment(attribute="finished_at", allow_none=True)


def shown_job(job: GenerationJob, cards: Sequence[Card] = ()) -> dict[str, Any]:
    """A job as ``JobOut`` lays it out; ``cards`` are those that it made."""
    result: dict[str, Any] | None = None
    if isinstance(job.result, Generated):
        result = GroundedOut().dump(shown(job.result))
    elif isinstance(job.result, CardsDone) and cards:
        result = shown_cards(cards, job.result)
    return {**vars(job), "job_id": job.id, "result": result}


def shown(generated: Generated) -> dict[str, Any]:
    """An answer as ``GeneratedOut`` and ``GroundedOut`` lay it out."""
    tokens = generated.tokens
    return {
        "output": generated.output,
        "meta": {
            "tokens_used": tokens.input + tokens.output,
            "tokens": tokens,
            "response_time": f"{generated.seconds:.2f}s",
            "model": generated.model,
            "routing": generated.routing,
        },
        "sources": generated.sources,
    }
