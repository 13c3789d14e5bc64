"""Sessions of the NPC gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CHANNEL = "npc"  # the ``message_service`` of chats that come through the gateway


@dataclass(frozen=True)
class NpcSession:
    """What a caller calls ``chat_id``: its chats, one for each NPC and each time that it was begun anew.

    ``caller`` is the id of the personal API token that the caller holds, ``number`` counts from 1 how often it was
    begun, ``chats`` are the ids of all its chats, oldest first.
    """

    id: str
    caller: str
    chat_id: str
    number: int
    chats: tuple[str, ...]
    created_at: datetime

    def contact(self) -> str:
        """The contact of its chats as long as it is not ended."""
        return f"{self.caller}:{self.number}:{self.chat_id}"
