"""See what was posted, and have it posted again."""

from __future__ import annotations

from dataclasses import replace

from kit.clock import Clock
from kit.errors import Conflict, NotFound
from kit.ids import is_id
from models.assistants import Assistant
from models.deliveries import TRIED_FOR, Delivery, DeliveryStatus, Event
from models.pages import Page
from repositories.deliveries import DeliveryRepository
from services.delivery.announce_event import AnnounceEvent


class FindDeliveries:
    """An assistant's deliveries."""

    def __init__(self, *, deliveries: DeliveryRepository, announce: AnnounceEvent, clock: Clock) -> None:
        self._deliveries = deliveries
        self._announce = announce
        self._clock = clock

    def page(self, assistant: Assistant, limit: int, cursor: str) -> Page[Delivery]:
        """An assistant's deliveries, newest first."""
        return self._deliveries.page(assistant.id, limit, cursor)

    def count(self, assistant: Assistant) -> int:
        """How many deliveries a list would give in all."""
        return self._deliveries.count(assistant.id)

    def get(self, assistant: Assistant, delivery_id: str) -> Delivery:
        """One delivery; ``NotFound`` when it is none of this assistant's."""
        found = self._deliveries.get(assistant.id, delivery_id) if is_id(delivery_id) else None
        if found is None:
            raise NotFound
        return found

    def resend(self, assistant: Assistant, delivery_id: str) -> Delivery:
        """Have a delivery posted again, whatever became of it, under the same id; tried for a day as a new one.

        ``NotFound`` when it is not there.
        """
        now = self._clock()
        again = replace(
            self.get(assistant, delivery_id),
            status=DeliveryStatus.PENDING,
            attempts=0,
            next_at=now,
            give_up_at=now + TRIED_FOR,
            finished_at=None,
        )
        if not self._deliveries.ask_anew(again):
            raise NotFound
        self._announce.deliver_soon(assistant.id)
        return again

    def test(self, assistant: Assistant) -> Delivery:
        """Post an event that means nothing; ``Conflict`` without a webhook."""
        made = self._announce.announce(assistant.id, Event.TEST, {"message": "This is a test."})
        if made is None:
            raise Conflict("The assistant has no webhook_url.", code="no_webhook")
        return made
