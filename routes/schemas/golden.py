"""Golden questions and their runs."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from models.golden import LONGEST_EXPECTED, LONGEST_QUESTION, MOST_EXPECTED, RunStatus
from routes.schemas.fields import Body, ListArguments, MaybeId, Moment, Text, WholeNumber
from services.golden.add_golden import Asked

EXPECTS = (
    "Each a text that a passage contains, or the filename or id of its document; one that is met is enough."
)


class GoldenIn(Body):
    """A golden question."""

    question = Text(LONGEST_QUESTION, least=1, required=True)
    expects = fields.List(
        Text(LONGEST_EXPECTED, least=1),
        required=True,
        validate=validate.Length(min=1, max=MOST_EXPECTED),
        metadata={"description": EXPECTS},
    )

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Asked:
        return Asked(data["question"], tuple(data["expects"]))


class GoldenListArguments(ListArguments):
    """Which part of the questions is wanted, and in which form."""

    format = fields.String(
        validate=validate.OneOf(["json", "csv"]),
        metadata={"description": "csv: all of them as a file, as with Accept: text/csv."},
    )


class GoldenOut(Schema):
    """A golden question as it is kept."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    question = fields.String()
    expects = fields.List(fields.String(), metadata={"description": EXPECTS})
    createdAt = Moment(attribute="created_at")
    updatedAt = Moment(attribute="updated_at")


class ImportedOut(Schema):
    """What an import came to."""

    added = fields.Integer(metadata={"description": "Questions that are new."})
    changed = fields.Integer(
        metadata={"description": "Questions that were there and expect something else now."}
    )
    questions = fields.Integer(metadata={"description": "Different questions in the file."})


class GoldenRunIn(Body):
    """How a run searches."""

    top_k = WholeNumber(
        1,
        50,
        load_default=None,
        allow_none=True,
        metadata={"description": "As many passages as chats get, unless told."},
    )


class RunStartedOut(Schema):
    """A run that was asked for."""

    run_id = fields.String(attribute="id")
    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    status = fields.Enum(RunStatus, by_value=True)
    top_k = fields.Integer()
    createdAt = Moment(attribute="created_at")


class RunSummaryOut(Schema):
    """A run without its results."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    status = fields.Enum(RunStatus, by_value=True)
    progress = fields.Integer()
    error = fields.String(allow_none=True)
    top_k = fields.Integer()
    questions = fields.Integer()
    hits = fields.Integer()
    misses = fields.Integer()
    hit_rate = fields.Float()
    mean_reciprocal_rank = fields.Float()
    createdAt = Moment(attribute="created_at")
    startedAt = Moment(attribute="started_at", allow_none=True)
    finishedAt = Moment(attribute="finished_at", allow_none=True)


class HitOut(Schema):
    """The passage that met an expectation."""

    expected = fields.String(metadata={"description": "Which one it met."})
    document_id = MaybeId(allow_none=True)
    filename = fields.String()


class ResultOut(Schema):
    """What one question came to; a miss has ``null`` for rank and hit."""

    question_id = fields.String()
    question = fields.String()
    rank = fields.Integer(allow_none=True, metadata={"description": "Of the first hit, from 1."})
    hit = fields.Nested(HitOut, allow_none=True)
    enough = fields.Boolean(metadata={"description": "Whether the chat would take it for evidence."})


class ShiftOut(Schema):
    """A question whose rank was another one; ``null`` is a miss."""

    question_id = fields.String()
    question = fields.String()
    rank_before = fields.Integer(allow_none=True)
    rank = fields.Integer(allow_none=True)


class ChangeOut(Schema):
    """What is different from the run before."""

    since = fields.String(metadata={"description": "The id of that run."})
    newly_hit = fields.List(fields.Nested(ShiftOut))
    newly_missed = fields.List(fields.Nested(ShiftOut))
    moved = fields.List(
        fields.Nested(ShiftOut), metadata={"description": "Found both times, at another rank."}
    )
    added = fields.Integer(metadata={"description": "Questions that were not asked then."})
    removed = fields.Integer(metadata={"description": "Questions that are not asked any more."})


class RunOut(RunSummaryOut):
    """A run with its results, and what changed since the run before, once it is ``done``."""

    results = fields.List(fields.Nested(ResultOut))
    change = fields.Nested(ChangeOut, allow_none=True)
