"""Messages in the records: what contacts wrote, answers, and people's replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import ClassVar

from models.chats import Message, MessageRole, MessageStatus, Source, Tokens
from models.pages import Page
from models.routing import Attempt, Routing
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, choice, moment

# Kept on a contact's message while its turn is not over: the few that a start has to look at.
OPEN, OVER = "open", "over"


class MessageRepository(Repository):
    """One record a message. ``key`` is unique: once per ``message_id`` and chat, one answer per message."""

    collection: ClassVar[str] = "messages"
    page_keys: ClassVar[Mapping[str, str]] = {"chat_id": "chat_page", "assistant_id": "assistant_page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key"})

    def add(self, message: Message) -> None:
        """Keep a message; ``Duplicate`` when its ``message_id`` or its answer is there already."""
        self._insert(Scope(assistant_id=message.assistant_id), _record(message))

    def get(self, scope: Scope, message_id: str) -> Message | None:
        """The message whose own id this is."""
        record = self._get(scope, message_id)
        return _message(record) if record else None

    def by_message_id(self, chat_id: str, message_id: str) -> Message | None:
        """A contact's message by the channel's id of it."""
        record = self._by_key("key", _incoming_key(chat_id, message_id))
        return _message(record) if record else None

    def answer_to(self, incoming: Message) -> Message | None:
        """The answer to a contact's message."""
        record = self._by_key("key", _answer_key(incoming.chat_id, incoming.id))
        return _message(record) if record else None

    def page(self, chat_id: str, limit: int, cursor: str = "") -> Page[Message]:
        """A chat's messages by turn, oldest first."""
        found = self._page(Scope(chat_id=chat_id), limit=limit, cursor=cursor, newest_first=False)
        return found.map(_message)

    def latest(self, chat_id: str, limit: int) -> list[Message]:
        """A chat's last messages by turn, oldest first."""
        found = self._page(Scope(chat_id=chat_id), limit=limit)
        return [_message(record) for record in reversed(found.items)]

    def after_turn(self, chat_id: str, turn: int, limit: int) -> list[Message]:
        """The first messages of a chat that belong to a later turn, oldest first."""
        found = self._page(Scope(chat_id=chat_id), limit=limit, cursor=f"{turn + 1:08d}", newest_first=False)
        return [_message(record) for record in found.items]

    def count(self, chat_id: str) -> int:
        """How many messages a chat has."""
        return self._count(Scope(chat_id=chat_id))

    def set_status(self, message: Message, status: MessageStatus, error: str = "") -> bool:
        """Mark how far a message has come."""
        change = {"status": status, "error": error, "turn_state": _turn_state(message.role, status)}
        return self._update(Scope(assistant_id=message.assistant_id), message.id, {"$set": change})

    def with_open_turns(self) -> Iterator[Message]:
        """Every contact's message of the installation whose turn is not over; for the start alone."""
        for record in self._sweep("turn_state", OPEN):
            yield _message(record)

    def remove(self, message: Message) -> None:
        """Take back a message that was not sent."""
        self._delete(Scope(assistant_id=message.assistant_id), message.id)

    def delete_all_of_chat(self, chat_id: str) -> int:
        """Remove every message of a chat."""
        return self._delete_all(Scope(chat_id=chat_id))

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every message of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def _tail(self, record: Record) -> str:
        # By turn, and within it the contact's message first: a turn that ran again stays where it was.
        first = 0 if record["role"] == MessageRole.USER else 1
        return f"{record['turn']:08d}{first}{record['_id']}"


def _incoming_key(chat_id: str, message_id: str) -> str:
    return f"{chat_id}:m:{message_id}"


def _answer_key(chat_id: str, incoming_id: str) -> str:
    return f"{chat_id}:a:{incoming_id}"


def _key(message: Message) -> str:
    if message.role is MessageRole.USER:
        return _incoming_key(message.chat_id, message.message_id)
    if message.reply_to:
        return _answer_key(message.chat_id, message.reply_to)
    return f"{message.chat_id}:r:{message.id}"


def _turn_state(role: MessageRole, status: MessageStatus) -> str:
    return OPEN if role is MessageRole.USER and status is MessageStatus.WAITING else OVER


def _record(message: Message) -> Record:
    return {
        "_id": message.id,
        "key": _key(message),
        "chat_id": message.chat_id,
        "assistant_id": message.assistant_id,
        "turn": message.turn,
        "role": message.role,
        "content": message.content,
        "status": message.status,
        "turn_state": _turn_state(message.role, message.status),
        "message_id": message.message_id,
        "reply_to": message.reply_to,
        "author": message.author,
        "model": message.model,
        "requested_model": message.requested_model,
        "error": message.error,
        "tokens": {
            "in": message.tokens.input,
            "out": message.tokens.output,
            "estimated": message.tokens.estimated,
        },
        "scratchpad": message.scratchpad,
        "sources": [_source_record(source) for source in message.sources],
        "routing": asdict(message.routing),
        "createdAt": message.created_at,
    }


def _source_record(source: Source) -> Record:
    return {
        "n": source.n,
        "document_id": source.document_id,
        "filename": source.filename,
        "heading": source.heading,
        "page": source.page,
        "excerpt": source.excerpt,
        "score": source.score,
        "faq_id": source.faq_id,
    }


def _message(record: Record) -> Message:
    tokens = record.get("tokens") or {}
    return Message(
        id=record["_id"],
        chat_id=record["chat_id"],
        assistant_id=record["assistant_id"],
        turn=int(record["turn"]),
        role=choice(record["role"], MessageRole.USER),
        content=record["content"],
        status=choice(record["status"], MessageStatus.ANSWERED),
        created_at=moment(record["createdAt"]),
        message_id=record.get("message_id", ""),
        reply_to=record.get("reply_to", ""),
        author=record.get("author", ""),
        model=record.get("model", ""),
        requested_model=record.get("requested_model", ""),
        error=record.get("error", ""),
        tokens=Tokens(int(tokens.get("in", 0)), int(tokens.get("out", 0)), bool(tokens.get("estimated"))),
        scratchpad=record.get("scratchpad", ""),
        sources=tuple(_source(source) for source in record.get("sources", ())),
        routing=_routing(record.get("routing") or {}),
    )


def _routing(record: Record) -> Routing:
    return Routing(
        attempts=tuple(
            Attempt(str(one["model"]), str(one["outcome"]), int(one["ms"]))
            for one in record.get("attempts", ())
        ),
        queue_ms=int(record.get("queue_ms", 0)),
        model_ms=int(record.get("model_ms", 0)),
    )


def _source(record: Record) -> Source:
    return Source(
        n=int(record["n"]),
        document_id=record["document_id"],
        filename=record["filename"],
        heading=tuple(record.get("heading", ())),
        page=record.get("page"),
        excerpt=record["excerpt"],
        score=float(record["score"]),
        faq_id=record.get("faq_id", ""),
    )
