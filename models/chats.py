"""Chats, turns and messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.guides import GuideProgress
from models.routing import Routing


class MessageRole(StrEnum):
    """Whose words: the contact's, or the assistant's (also when a person answers for it)."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """How far a message has come.

    A contact's: ``waiting`` (for its answer), ``answered``, ``failed``, ``kept`` (for the person
    who took over). An answer: ``answered``. A person's reply: ``waiting`` until the bot says it was
    ``delivered``.
    """

    WAITING = "waiting"
    ANSWERED = "answered"
    FAILED = "failed"
    KEPT = "kept"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class Channel:
    """Where a contact writes: the channel's id of the contact, and the channel's name."""

    id: str
    message_service: str


@dataclass(frozen=True)
class Tokens:
    """Tokens read and written by the model; ``estimated`` where the server did not count them."""

    input: int = 0
    output: int = 0
    estimated: bool = False

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.input + other.input, self.output + other.output, self.estimated or other.estimated)


@dataclass(frozen=True)
class Source:
    """A passage shown with an answer, under the number ``n`` that the answer cites as ``[n]``.

    One of a curated answer has a ``faq_id`` and no ``document_id``.
    """

    n: int
    document_id: str
    filename: str
    heading: tuple[str, ...]
    page: int | None
    excerpt: str
    score: float
    faq_id: str = ""


@dataclass(frozen=True)
class Chat:
    """One contact on one channel with one assistant; ``summary`` is what was said up to its ``summary_turn``.

    ``guide`` is what the assistant fills and follows in it; one that ``opted_out`` gets no pushes.
    """

    id: str
    assistant_id: str
    owner_id: str
    channel: Channel
    username: str
    active: bool
    message: str
    response: str | None
    tokens: Tokens
    turns: int
    created_at: datetime
    updated_at: datetime
    summary: str = ""
    summary_turn: int = 0
    guide: GuideProgress | None = None
    opted_out: bool = False


@dataclass(frozen=True)
class Message:
    """What a contact wrote, its answer, or a person's reply.

    ``message_id`` is the channel's id of a contact's message (ours when it gave none); ``reply_to``
    is, on an answer, the ``id`` of the message it answers. ``author`` names the person who replied.
    ``routing`` is, on an answer, which models were asked for it.
    ``scratchpad`` is what the model thought aside: admins may read it, nobody else.
    """

    id: str
    chat_id: str
    assistant_id: str
    turn: int
    role: MessageRole
    content: str
    status: MessageStatus
    created_at: datetime
    message_id: str = ""
    reply_to: str = ""
    author: str = ""
    model: str = ""
    requested_model: str = ""
    error: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    sources: tuple[Source, ...] = ()
    routing: Routing = field(default_factory=Routing)
    scratchpad: str = ""


def chat_key(assistant_id: str, channel: Channel) -> str:
    """What makes a chat one: ``<assistant>:<service>:<contact>``, the service's colons escaped."""
    service = channel.message_service.replace("%", "%25").replace(":", "%3A")
    return f"{assistant_id}:{service}:{channel.id}"
