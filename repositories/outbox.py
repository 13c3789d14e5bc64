"""People's replies that wait until the bot has delivered them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from models.chats import Channel, Message, MessageRole, MessageStatus
from models.pages import Page
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, moment


@dataclass(frozen=True)
class Waiting:
    """A reply on its way to a contact."""

    reply: Message
    channel: Channel
    username: str


class OutboxRepository(Repository):
    """One record a reply that was not acknowledged yet, under the reply's own id."""

    collection: ClassVar[str] = "outbox"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page", "chat_id": "chat_page"}

    def add(self, waiting: Waiting) -> None:
        """Put a reply in the outbox of its assistant."""
        self._insert(Scope(assistant_id=waiting.reply.assistant_id), _record(waiting))

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[Waiting]:
        """What waits, oldest first."""
        found = self._page(Scope(assistant_id=assistant_id), limit=limit, cursor=cursor, newest_first=False)
        return found.map(_waiting)

    def count(self, assistant_id: str) -> int:
        """How many replies wait."""
        return self._count(Scope(assistant_id=assistant_id))

    def get(self, assistant_id: str, reply_id: str) -> Waiting | None:
        """One that waits."""
        record = self._get(Scope(assistant_id=assistant_id), reply_id)
        return _waiting(record) if record else None

    def remove(self, assistant_id: str, reply_id: str) -> bool:
        """Take a reply out; whether it was there."""
        return self._delete(Scope(assistant_id=assistant_id), reply_id)

    def delete_all_of_chat(self, chat_id: str) -> int:
        """Remove what waits in a chat."""
        return self._delete_all(Scope(chat_id=chat_id))

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove what waits at an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _record(waiting: Waiting) -> Record:
    reply = waiting.reply
    return {
        "_id": reply.id,
        "assistant_id": reply.assistant_id,
        "chat_id": reply.chat_id,
        "turn": reply.turn,
        "message": reply.content,
        "author": reply.author,
        "channel": {"id": waiting.channel.id, "message_service": waiting.channel.message_service},
        "username": waiting.username,
        "createdAt": reply.created_at,
    }


def _waiting(record: Record) -> Waiting:
    reply = Message(
        id=record["_id"],
        chat_id=record["chat_id"],
        assistant_id=record["assistant_id"],
        turn=int(record["turn"]),
        role=MessageRole.ASSISTANT,
        content=record["message"],
        status=MessageStatus.WAITING,
        created_at=moment(record["createdAt"]),
        author=record.get("author", ""),
    )
    channel = Channel(record["channel"]["id"], record["channel"]["message_service"])
    return Waiting(reply, channel, record.get("username", ""))
