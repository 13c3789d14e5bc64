"""Messages to many of an assistant's contacts."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from models.pushes import Outcome, PushStatus
from routes.schemas.chats import MESSAGE_LENGTH
from routes.schemas.fields import CLIENT_ID_LENGTH, Body, ListArguments, MaybeId, Moment, Switch, Text, Until
from routes.schemas.guides import FilledIn

MOST_CHATS = 1000


class FilterIn(Body):
    """Which chats; what is left out does not narrow it."""

    chat_ids = fields.List(
        Text(64),
        load_default=list,
        validate=[
            validate.Length(min=1, error="Names nobody; leave it out to reach everybody."),
            validate.Length(max=MOST_CHATS),
        ],
    )
    message_service = Text(CLIENT_ID_LENGTH, load_default="")
    since = Moment(load_default=None, metadata={"description": "Bounds a chat's last change."})
    until = Until(load_default=None)
    active = Switch(
        load_default=None, allow_none=True, metadata={"description": "false: chats that a person has."}
    )


class PushIn(FilledIn):
    """A text, or a guide with its variables, and whom it goes to."""

    assistant_id = Text(64, required=True)
    text = Text(MESSAGE_LENGTH, load_default="")
    guide_id = Text(64, load_default="", allow_none=True)
    filter = fields.Nested(FilterIn, load_default=lambda: FilterIn().load({}))
    at = Moment(load_default=None, allow_none=True, metadata={"description": "When; at once without it."})


class FilterOut(Schema):
    """Which chats."""

    chat_ids = fields.List(fields.String())
    message_service = fields.String()
    since = Moment(allow_none=True)
    until = Moment(allow_none=True)
    active = fields.Boolean(allow_none=True)


class PushOut(Schema):
    """A push and how far it has come."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    guide_id = MaybeId(allow_none=True)
    text = fields.String()
    filter = fields.Nested(FilterOut)
    at = Moment()
    status = fields.Enum(PushStatus, by_value=True)
    error = fields.String()
    progress = fields.Integer(metadata={"description": "0 to 100."})
    total = fields.Integer(metadata={"description": "Contacts, once they are written down."})
    sent = fields.Integer()
    opted_out = fields.Integer(metadata={"description": "Left out: they want no pushes."})
    gone = fields.Integer(metadata={"description": "Left out: their chat was deleted."})
    created_by = fields.String()
    createdAt = Moment(attribute="created_at")
    finishedAt = Moment(attribute="finished_at", allow_none=True)


class PushListArguments(ListArguments):
    """Whose pushes are wanted."""

    assistant_id = Text(64, load_default="")


class PushContactOut(Schema):
    """What became of a push for one contact."""

    chat_id = fields.String()
    message_id = fields.String()
    outcome = fields.Enum(Outcome, by_value=True)
    updatedAt = Moment(attribute="updated_at", allow_none=True)
