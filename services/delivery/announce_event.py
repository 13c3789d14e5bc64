"""Say that something happened: written down first, posted afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from kit.clock import Clock, rfc3339
from kit.ids import new_id
from models.deliveries import TRIED_FOR, Delivery, Event
from repositories.assistants import AssistantRepository
from repositories.deliveries import DeliveryRepository
from repositories.errors import Duplicate


class AnnounceEvent:
    """Keeps an event for the webhook of an assistant, when it has one, and has it posted soon."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        deliveries: DeliveryRepository,
        clock: Clock,
        deliver_soon: Callable[[str], None],
    ) -> None:
        self._assistants = assistants
        self._deliveries = deliveries
        self._clock = clock
        self.deliver_soon = deliver_soon

    def announce(
        self, assistant_id: str, event: Event, data: Mapping[str, Any], *, once: str = ""
    ) -> Delivery | None:
        """The delivery as it is kept, ``None`` for an assistant without a webhook.

        ``data`` is JSON with times as RFC 3339. With ``once``, what is announced under the same name again
        is kept no second time (then ``None``, too).
        """
        assistant = self._assistants.by_id(assistant_id)
        if assistant is None or not assistant.webhook.url:
            return None
        now = self._clock()
        content = {"type": event, "timestamp": rfc3339(now), "data": {**data, "assistant_id": assistant_id}}
        delivery = Delivery(
            id=_id_once(assistant_id, event, once) if once else new_id(),
            assistant_id=assistant_id,
            event=event,
            body=json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            created_at=now,
            give_up_at=now + TRIED_FOR,
            next_at=now,
        )
        with suppress(Duplicate):
            self._deliveries.add(delivery)
            self.deliver_soon("")
            return delivery
        return None


def _id_once(assistant_id: str, event: Event, once: str) -> str:
    return hashlib.sha256(f"{assistant_id}:{event}:{once}".encode()).hexdigest()[:24]
