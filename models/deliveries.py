"""Events that are posted to an assistant's webhook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Event(StrEnum):
    """What can happen that a webhook is told of."""

    REPLY_CREATED = "reply.created"
    CHAT_ACTIVATED = "chat.activated"
    CHAT_DEACTIVATED = "chat.deactivated"
    BUDGET_WARNING = "budget.warning"
    DOCUMENT_FAILED = "document.failed"
    TEST = "webhook.test"


class DeliveryStatus(StrEnum):
    """How far a delivery has come; ``failed`` is given up, until somebody has it sent again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Delivery:
    """One event for one assistant's webhook.

    ``body`` is posted as it is, at every attempt. ``next_at`` is when it is tried (again), and while it is
    being tried when that counts as lost; ``None`` once it is over. ``last_code`` is the HTTP status of the
    last answer, ``None`` where none came and ``last_error`` says why.
    """

    id: str
    assistant_id: str
    event: Event
    body: str
    created_at: datetime
    give_up_at: datetime
    next_at: datetime | None
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    last_code: int | None = None
    last_error: str = ""
    finished_at: datetime | None = None


TRIED_FOR = timedelta(hours=24)
_WAITS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400)


def wait_after(attempts: int, spread: float, *, asked_s: float = 0.0) -> timedelta:
    """How long to wait after so many attempts: longer each time, by up to a fifth more as ``spread`` (0 to 1) says.

    ``asked_s`` is what the receiver asked for; an hour of it is granted.
    """
    own = _WAITS_S[min(max(attempts, 1), len(_WAITS_S)) - 1] * (1 + 0.2 * spread)
    return timedelta(seconds=max(own, min(asked_s, 3600.0)))
