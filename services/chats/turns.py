"""A turn as values: what came in, what goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from models.chats import Channel, Chat, Message, Source, Tokens
from models.routing import Routing

GUIDE = "guide"  # the model of a question that no model wrote


@dataclass(frozen=True)
class Incoming:
    """What a bot hands in: a contact's message.

    ``active`` counts only when it opens a chat. ``guide_id`` is a guide to fill and follow from here on, ``key_id``
    a personal token, where the message came with one.
    """

    channel: Channel
    message: str
    username: str = ""
    active: bool = True
    message_id: str = ""
    model: str = ""
    guide_id: str = ""
    key_id: str = ""


@dataclass(frozen=True)
class Answer:
    """What a bot gets back; ``response`` is ``None`` while a person has the chat."""

    chat_id: str
    message_id: str
    active: bool
    created_at: datetime
    response: str | None = None
    tokens: Tokens = field(default_factory=Tokens)
    sources: tuple[Source, ...] = ()
    model: str = ""
    routing: Routing = field(default_factory=Routing)


@dataclass(frozen=True)
class Asking:
    """What a contact is asked, in the place of an answer."""

    text: str
    model: str = GUIDE
    tokens: Tokens = field(default_factory=Tokens)
    routing: Routing = field(default_factory=Routing)


def answer_of(chat: Chat, incoming: Message, answer: Message) -> Answer:
    """The answer as it is stored."""
    return Answer(
        chat_id=chat.id,
        message_id=incoming.message_id,
        active=chat.active,
        created_at=answer.created_at,
        response=answer.content,
        tokens=answer.tokens,
        sources=answer.sources,
        model=answer.model,
        routing=answer.routing,
    )


def silence_of(chat: Chat, incoming: Message) -> Answer:
    """No answer: the message waits for the person who has the chat."""
    return Answer(
        chat_id=chat.id, message_id=incoming.message_id, active=False, created_at=incoming.created_at
    )
