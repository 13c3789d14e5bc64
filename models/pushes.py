"""Messages that are pushed to an assistant's chats, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class PushStatus(StrEnum):
    """How far a push has come; ``scheduled`` until its time comes."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Outcome(StrEnum):
    """What became of a push for one contact.

    ``sending`` is under way, or was when the process ended: then it is finished. ``gone``: the chat was deleted.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    OPTED_OUT = "opted_out"
    GONE = "gone"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class PushFilter:
    """Which chats of an assistant; what is empty or ``None`` does not narrow it. Times bound a chat's last change."""

    chat_ids: tuple[str, ...] = ()
    message_service: str = ""
    since: datetime | None = None
    until: datetime | None = None
    active: bool | None = None


@dataclass(frozen=True)
class Push:
    """A text on its way to contacts, at ``at``.

    ``collected``: its contacts are written down, ``total`` of them; those up to ``cursor`` are settled, and counted.
    """

    id: str
    assistant_id: str
    owner_id: str
    text: str
    filter: PushFilter
    at: datetime
    created_at: datetime
    created_by: str = ""
    guide_id: str = ""
    status: PushStatus = PushStatus.SCHEDULED
    error: str = ""
    collected: bool = False
    total: int = 0
    sent: int = 0
    opted_out: int = 0
    gone: int = 0
    cursor: str = ""
    finished_at: datetime | None = field(default=None)

    @property
    def is_over(self) -> bool:
        """Whether nothing more goes out."""
        return self.status in (PushStatus.DONE, PushStatus.CANCELLED, PushStatus.FAILED)

    @property
    def progress(self) -> int:
        """How far it has come, 0 to 100."""
        if self.status is PushStatus.DONE:
            return 100
        return 100 * (self.sent + self.opted_out + self.gone) // self.total if self.total else 0


@dataclass(frozen=True)
class PushContact:
    """A contact of a push; ``message_id`` is what its message is called, before there is one."""

    push_id: str
    assistant_id: str
    chat_id: str
    message_id: str
    outcome: Outcome = Outcome.WAITING
    updated_at: datetime | None = None
