"""Hand people's replies to the bot until it says that they were delivered."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from models.assistants import Assistant
from models.chats import MessageStatus
from models.pages import Page
from repositories.errors import Duplicate
from repositories.messages import MessageRepository
from repositories.outbox import OutboxRepository, Waiting


class DeliverReplies:
    """Offers what waits, and takes out what was acknowledged."""

    def __init__(self, *, outbox: OutboxRepository, messages: MessageRepository) -> None:
        self._outbox = outbox
        self._messages = messages

    def waiting(self, assistant: Assistant, limit: int, cursor: str) -> Page[Waiting]:
        """What waits, oldest first."""
        return self._outbox.page(assistant.id, limit, cursor)

    def count(self, assistant: Assistant) -> int:
        """How many replies wait."""
        return self._outbox.count(assistant.id)

    def acknowledge(self, assistant: Assistant, ids: Sequence[str]) -> int:
        """Mark replies delivered; how many of the ids were waiting (others are passed over)."""
        return sum(self._acknowledge(assistant, reply_id) for reply_id in dict.fromkeys(ids))

    def _acknowledge(self, assistant: Assistant, reply_id: str) -> bool:
        waiting = self._outbox.get(assistant.id, reply_id)
        if waiting is None:
            return False
        if not self._messages.set_status(waiting.reply, MessageStatus.DELIVERED):
            with suppress(Duplicate):  # it came into the chat in this moment
                self._messages.add(replace(waiting.reply, status=MessageStatus.DELIVERED))
        return self._outbox.remove(assistant.id, reply_id)
