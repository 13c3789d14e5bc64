"""What the doors can ask of webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from services.delivery.announce_event import AnnounceEvent
from services.delivery.deliver_events import DeliverEvents
from services.delivery.find_deliveries import FindDeliveries


@dataclass(frozen=True)
class DeliveryUseCases:
    """Events for webhooks: announced, posted, looked at."""

    announce_event: AnnounceEvent
    deliver_events: DeliverEvents
    find_deliveries: FindDeliveries
