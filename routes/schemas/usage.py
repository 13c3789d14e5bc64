"""Usage, limits and the request log."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from models.limits import MICRO, LimitName, LimitState
from models.usage import ModelCall, UsageRow
from routes.schemas.fields import ListArguments, Moment, Text, Until
from services.usage.find_usage import Group

GROUPS = ", ".join(f"`{one}`" for one in Group)


class Day(fields.Date):
    """A day, ``2026-11-21``; of a moment, the day that it is in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        text = value.strip() if isinstance(value, str) else value
        if isinstance(text, str) and len(text) > len("2026-11-21"):
            return Moment().deserialize(text).astimezone(UTC).date()
        day: date = super()._deserialize(text, attr, data, **kwargs)
        return day


class Month(fields.String):
    """A month, ``2026-11``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        try:
            date.fromisoformat(f"{text}-01")
        except ValueError:
            raise ValidationError("Must be a month like 2026-11.") from None
        return text


class Groups(fields.String):
    """Names with commas between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            return tuple(dict.fromkeys(Group(part.strip()) for part in text.split(",")))
        except ValueError:
            raise ValidationError(f"Must be among {', '.join(Group)}, with commas between them.") from None


class UsageArguments(Schema):
    """Which usage is wanted. Without a period: the month that is."""

    assistant_id = Text(24, load_default="")
    model = Text(200, load_default="")
    user_id = Text(1000, load_default="")
    token_id = Text(24, load_default="", metadata={"description": "A personal token's alone."})
    since = Day(load_default=None, metadata={"description": "The first day, UTC."})
    until = Day(load_default=None, metadata={"description": "The last day, UTC."})
    month = Month(load_default="", metadata={"description": "A whole month, like 2026-11."})
    group_by = Groups(
        load_default=(Group.ASSISTANT,),
        metadata={"description": f"{GROUPS}, with commas between them; `assistant` where nothing is said."},
    )
    format = fields.String(
        validate=validate.OneOf(["json", "csv"]),
        metadata={"description": "csv: as a file, as with Accept: text/csv."},
    )


class UsedTokens(Schema):
    """Tokens read and written."""

    in_ = fields.Integer(data_key="in")
    out = fields.Integer()


class UsageOut(Schema):
    """What calls add up to; named by what they are grouped by."""

    assistant_id = fields.String()
    assistant = fields.String(metadata={"description": "Its name; empty once it is deleted."})
    model = fields.String()
    day = fields.Date()
    user_id = fields.String(metadata={"description": "The end user as the caller named them."})
    owner_id = fields.String(
        metadata={"description": "Whom it cost: the assistant's owner then, or who called."}
    )
    token_id = fields.String(metadata={"description": "The personal token, or sign-in, that was used."})
    requests = fields.Integer(metadata={"description": "Model calls, those among them that failed included."})
    failed = fields.Integer()
    refused = fields.Integer(metadata={"description": "Calls that a limit stood against."})
    tokens = fields.Nested(UsedTokens)
    money = fields.Float(metadata={"description": "In the unit of the catalogue's prices."})


class LimitArguments(Schema):
    """Whose limits are wanted."""

    assistant_id = Text(24, load_default="", metadata={"description": "Without it: of all of the caller's."})
    user_id = Text(
        1000, load_default="", metadata={"description": "The limits of this end user of the assistant."}
    )
    token_id = Text(
        24, load_default="", metadata={"description": "The limits of this personal token of the caller's."}
    )


class LimitOut(Schema):
    """A budget and how near its end is."""

    assistant_id = fields.String()
    assistant_name = fields.String(data_key="assistant")
    user_id = fields.String()
    token_id = fields.String(metadata={"description": "Empty but for a personal token's."})
    limit = fields.Enum(LimitName, by_value=True)
    used = fields.Float(metadata={"description": "Calls under way with what they may take at most."})
    allowed = fields.Float()
    state = fields.Enum(
        LimitState, by_value=True, metadata={"description": "warning from 80 % on, reached at the end."}
    )
    resetsAt = Moment(attribute="resets_at")
    unpriced = fields.Boolean(
        metadata={
            "description": "Of money_per_month: the assistant's model or a fall-back has no price: it is refused."
        }
    )


class CallArguments(ListArguments):
    """Which calls are wanted."""

    assistant_id = Text(24, load_default="")
    model = Text(200, load_default="")
    outcome = Text(100, load_default="")
    user_id = Text(1000, load_default="")
    since = Moment(load_default=None)
    until = Until(load_default=None)


class AttemptMade(Schema):
    """One model that was tried."""

    model = fields.String()
    outcome = fields.String()
    ms = fields.Integer()


class Milliseconds(Schema):
    """Where the time went."""

    queue = fields.Integer()
    retrieval = fields.Integer()
    model = fields.Integer()
    total = fields.Integer(metadata={"description": "The whole call, retries and queues included."})


class CallOut(Schema):
    """A model call."""

    _id = fields.String()
    createdAt = Moment()
    assistant_id = fields.String()
    owner_id = fields.String()
    key_id = fields.String(metadata={"description": "The id of the credential, or of the key's assistant."})
    user_id = fields.String()
    chat_id = fields.String()
    purpose = fields.String(metadata={"description": "The door: chat, generate, …"})
    model = fields.String()
    outcome = fields.String(
        metadata={
            "description": "answered, left (a stream closed early), limit_message, or the code of an error."
        }
    )
    attempts = fields.List(fields.Nested(AttemptMade))
    tokens = fields.Nested(UsedTokens)
    money = fields.Float()
    ms = fields.Nested(Milliseconds)
    question = fields.String(
        allow_none=True, metadata={"description": "Only where the assistant has log_content."}
    )
    response = fields.String(allow_none=True)


def usage_of(row: UsageRow) -> dict[str, Any]:
    """A row as ``UsageOut`` shows it."""
    counts = row.counts
    named: dict[str, Any] = {
        "assistant_id": row.assistant_id,
        "assistant": None if row.assistant_id is None else row.assistant_name or "",
        "day": row.day,
        "model": row.model,
        "user_id": row.user_id,
        "owner_id": row.owner_id,
        "token_id": row.token_id,
    }
    return {name: value for name, value in named.items() if value is not None} | {
        "requests": counts.requests,
        "failed": counts.failed,
        "refused": counts.refused,
        "tokens": {"in_": counts.tokens_in, "out": counts.tokens_out},
        "money": counts.money / MICRO,
    }


def call_of(call: ModelCall) -> dict[str, Any]:
    """A call as ``CallOut`` shows it."""
    return {
        **vars(call),
        "_id": call.id,
        "createdAt": call.at,
        "tokens": {"in_": call.tokens.input, "out": call.tokens.output},
        "money": call.money / MICRO,
        "ms": {
            "queue": call.queue_ms,
            "retrieval": call.retrieval_ms,
            "model": call.model_ms,
            "total": call.total_ms,
        },
    }
