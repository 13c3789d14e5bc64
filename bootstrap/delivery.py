"""How the use cases of webhooks are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from kit.clock import utc_now
from services.delivery.deliver_events import DeliverEvents
from services.delivery.find_deliveries import FindDeliveries
from services.delivery.use_cases import DeliveryUseCases

LONGEST_POST_S = 15.0


def build(parts: Parts, shared: Shared) -> DeliveryUseCases:
    """Events for webhooks: announced, posted, looked at."""
    records = parts.repositories
    return DeliveryUseCases(
        announce_event=shared.announce_event,
        deliver_events=DeliverEvents(
            assistants=records.assistants,
            deliveries=records.deliveries,
            outbound=Outbound(allowed=Allowed.of(parts.settings.outbound_allow), max_seconds=LONGEST_POST_S),
            vault=shared.vault,
            clock=utc_now,
        ),
        find_deliveries=FindDeliveries(
            deliveries=records.deliveries, announce=shared.announce_event, clock=utc_now
        ),
    )
