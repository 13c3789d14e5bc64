"""The NPC gateway."""

from __future__ import annotations

from marshmallow import Schema, fields

from models.chats import MessageRole
from routes.schemas.chats import MESSAGE_LENGTH, TokensOut
from routes.schemas.fields import CLIENT_ID_LENGTH, Body, Moment, Switch, Text

DESCRIPTION_LENGTH = 20_000


class NpcIn(Body):
    """Whom the NPC is, and the world it lives in."""

    char_descr = Text(DESCRIPTION_LENGTH, least=1, required=True)
    world_descr = Text(DESCRIPTION_LENGTH, load_default="")
    has_scratchpad = Switch(load_default=False)
    name = Text(200, load_default="")
    model = Text(200, load_default="", allow_none=True)


class NpcOut(Schema):
    """An NPC that was made."""

    status = fields.String()
    npc_id = fields.String()


class SayIn(Body):
    """What a caller says to an NPC, in the session that it calls ``chat_id``."""

    chat_id = Text(CLIENT_ID_LENGTH, least=1, required=True)
    npc_id = Text(64, least=1, required=True)
    message = Text(MESSAGE_LENGTH, least=1, required=True)
    model = Text(200, load_default="", allow_none=True)


class SaidOut(Schema):
    """What the NPC answers; null while a person has the chat."""

    response = fields.String(allow_none=True)
    chat_id = fields.String()
    npc_id = fields.String()
    model = fields.String(allow_none=True)
    tokens = fields.Nested(TokensOut)


class EndArguments(Schema):
    """Which session is over."""

    chat_id = Text(CLIENT_ID_LENGTH, least=1, required=True)


class EndedOut(Schema):
    """The session is over."""

    status = fields.String()


class LineOut(Schema):
    """A message of a session, with what the model thought aside."""

    _id = fields.String(attribute="message.id")
    npc_id = fields.String()
    turn = fields.Integer(attribute="message.turn")
    role = fields.Enum(MessageRole, by_value=True, attribute="message.role")
    content = fields.String(attribute="message.content")
    scratchpad = fields.String(attribute="message.scratchpad")
    model = fields.String(attribute="message.model")
    tokens = fields.Nested(TokensOut, attribute="message.tokens")
    createdAt = Moment(attribute="message.created_at")
