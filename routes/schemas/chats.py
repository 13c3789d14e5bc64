"""Chats, turns, messages, the outbox."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from models.chats import MessageRole, MessageStatus
from routes.schemas.fields import (
    CLIENT_ID_LENGTH,
    Body,
    Found,
    HeadingPath,
    ListArguments,
    LooseBody,
    Moment,
    Switch,
    Text,
    Until,
)

MESSAGE_LENGTH = 50_000


class TokenSums(Schema):
    """Tokens read and written by all turns of a chat."""

    in_ = fields.Integer(data_key="in", attribute="input")
    out = fields.Integer(attribute="output")


class TokensOut(TokenSums):
    """Tokens read and written; ``estimated`` where the model server did not count them."""

    estimated = fields.Boolean()


class ChannelOut(Schema):
    """Where the contact writes."""

    id = fields.String()
    message_service = fields.String()


class SourceOut(Found):
    """A passage that the answer was given, under the number it cites."""

    n = fields.Integer()
    filename = fields.String()
    heading = HeadingPath(allow_none=True)
    page = fields.Integer(allow_none=True)
    excerpt = fields.String()
    score = fields.Float()


class AttemptOut(Schema):
    """A model that was asked, or passed over, and what came of it."""

    model = fields.String()
    outcome = fields.String(
        metadata={"description": "`answered`, `resting` (not asked), or the code of an error."}
    )
    ms = fields.Integer()


class RoutingOut(Schema):
    """How an answer came to its model; times in milliseconds."""

    attempts = fields.List(fields.Nested(AttemptOut))
    queue_ms = fields.Integer()
    model_ms = fields.Integer(metadata={"description": "Of the model that answered."})


class MessageIn(LooseBody):
    """What a contact wrote, as the bot hands it in."""

    id = Text(CLIENT_ID_LENGTH, least=1, required=True, metadata={"example": "+5513988593464"})
    message_service = Text(CLIENT_ID_LENGTH, least=1, required=True, metadata={"example": "Whatsapp"})
    username = Text(load_default="", allow_none=True)
    active = Switch(load_default=True)
    message = Text(MESSAGE_LENGTH, least=1, required=True)
    message_id = Text(CLIENT_ID_LENGTH, load_default="", allow_none=True)
    model = Text(200, load_default="", allow_none=True)
    stream = Switch(load_default=False)
    guide_id = Text(
        64,
        load_default="",
        allow_none=True,
        metadata={
            "description": "A guide of the assistant's to fill and follow from this message on; while it is "
            "followed, the same again changes nothing."
        },
    )


class AnswerOut(Schema):
    """One turn's answer; ``response`` is null while a person has the chat."""

    response = fields.String(allow_none=True)
    chat_id = fields.String()
    message_id = fields.String()
    active = fields.Boolean()
    tokens = fields.Nested(TokensOut)
    sources = fields.List(fields.Nested(SourceOut))
    model = fields.String(allow_none=True)
    routing = fields.Nested(RoutingOut)
    createdAt = Moment(attribute="created_at")


class ProgressOut(Schema):
    """A guide that is filled and followed in a chat."""

    guide_id = fields.String()
    values = fields.Dict(keys=fields.String(), metadata={"description": "What is known, name to value."})
    asked = fields.String(metadata={"description": "The variable that was asked for last."})


class ChatOut(Schema):
    """A chat with its latest message and response."""

    _id = fields.String(attribute="id")
    channel = fields.Nested(ChannelOut)
    tokens = fields.Nested(TokenSums)
    username = fields.String()
    assistant_id = fields.String()
    active = fields.Boolean()
    message = fields.String()
    response = fields.String(allow_none=True)
    guide = fields.Nested(ProgressOut, allow_none=True)
    opted_out = fields.Boolean()
    createdAt = Moment(attribute="created_at")
    updatedAt = Moment(attribute="updated_at")


class OfferIn(Body):
    """The guide that is offered, or ``null`` for none."""

    guide_id = Text(64, required=True, allow_none=True)


class OptOutIn(Body):
    """Whether the contact wants no pushes."""

    opted_out = Switch(load_default=True)


class ChatListArguments(ListArguments):
    """Which chats are wanted; ``since`` and ``until`` bound their last change."""

    assistant_id = Text(24, load_default="")
    message_service = Text(CLIENT_ID_LENGTH, load_default="")
    q = Text(
        200, load_default="", metadata={"description": "In the contact's name or id, or the latest message."}
    )
    since = Moment(load_default=None)
    until = Until(load_default=None)


class MessageOut(Schema):
    """A message of a chat; ``author`` names the person who replied, ``scratchpad`` is for admins."""

    _id = fields.String(attribute="id")
    turn = fields.Integer()
    role = fields.Enum(MessageRole, by_value=True)
    content = fields.String()
    author = fields.String()
    sources = fields.List(fields.Nested(SourceOut))
    tokens = fields.Nested(TokensOut)
    model = fields.String()
    routing = fields.Nested(RoutingOut)
    status = fields.Enum(MessageStatus, by_value=True)
    error = fields.String()
    scratchpad = fields.String()
    message_id = fields.String()
    createdAt = Moment(attribute="created_at")


class ReplyIn(Body):
    """A person's reply."""

    message = Text(MESSAGE_LENGTH, least=1, required=True)


class WaitingOut(Schema):
    """A reply that waits for the bot to deliver it."""

    _id = fields.String(attribute="reply.id")
    chat_id = fields.String(attribute="reply.chat_id")
    channel = fields.Nested(ChannelOut)
    username = fields.String()
    message = fields.String(attribute="reply.content")
    createdAt = Moment(attribute="reply.created_at")


class AckIn(Body):
    """Replies that were delivered."""

    ids = fields.List(Text(CLIENT_ID_LENGTH), required=True, validate=validate.Length(max=1000))


class AckOut(Schema):
    """How many of the ids were waiting."""

    acknowledged = fields.Integer()
