"""What was posted to an assistant's webhook."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.actors import Actor
from models.assistants import Assistant
from models.deliveries import Delivery
from routes.blueprint import Blueprint
from routes.guards import person
from routes.house import house
from routes.paging import listed
from routes.schemas.fields import ListArguments
from routes.schemas.webhooks import DeliveryOut

blueprint = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/assistants/webhooks",
    description="Events posted to assistants' webhooks.",
)


@blueprint.path("/<assistant_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, DeliveryOut(many=True))
def list_deliveries(args: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """The events of the last 30 days with what became of each."""
    assistant, find = _assistant(actor, assistant_id), house().delivery.find_deliveries
    return listed(args, partial(find.page, assistant), partial(find.count, assistant))


@blueprint.path("/<assistant_id>/<delivery_id>")
@person
@blueprint.gives(200, DeliveryOut)
def get(assistant_id: str, delivery_id: str, actor: Actor) -> Delivery:
    """One event."""
    return house().delivery.find_deliveries.get(_assistant(actor, assistant_id), delivery_id)


@blueprint.path("/resend/<assistant_id>/<delivery_id>", "POST")
@person
@blueprint.gives(202, DeliveryOut)
def resend(assistant_id: str, delivery_id: str, actor: Actor) -> Delivery:
    """Post an event again, under the same id, whatever became of it."""
    return house().delivery.find_deliveries.resend(_assistant(actor, assistant_id), delivery_id)


@blueprint.path("/test/<assistant_id>", "POST")
@person
@blueprint.gives(202, DeliveryOut)
def test(assistant_id: str, actor: Actor) -> Delivery:
    """Post an event of the type `webhook.test`, to see whether it arrives."""
    return house().delivery.find_deliveries.test(_assistant(actor, assistant_id))


def _assistant(actor: Actor, assistant_id: str) -> Assistant:
    return house().assistants.find_assistants.get(actor, assistant_id)
