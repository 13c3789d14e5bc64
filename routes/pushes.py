"""Messages to many of an assistant's contacts, now or at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.actors import Actor
from models.pushes import Push, PushFilter
from routes.blueprint import Blueprint
from routes.description import LOCATION
from routes.guards import person
from routes.house import house
from routes.paging import listed
from routes.schemas import pushes as schemas
from routes.schemas.fields import ListArguments

blueprint = Blueprint(
    "pushes", __name__, url_prefix="/pushes", description="Messages to many of an assistant's contacts."
)


@blueprint.path("")
@person
@blueprint.takes(schemas.PushListArguments, "query")
@blueprint.gives(200, schemas.PushOut(many=True))
def list_pushes(args: dict[str, Any], actor: Actor) -> Any:
    """The caller's pushes, newest first."""
    find, assistant_id = house().pushes.find_pushes, args["assistant_id"]
    return listed(
        args,
        partial(find.page, actor, assistant_id),
        partial(find.count, actor, assistant_id),
    )


@blueprint.path("", "POST")
@person
@blueprint.takes(schemas.PushIn)
@blueprint.gives(202, schemas.PushOut, headers=LOCATION)
def start(body: dict[str, Any], actor: Actor) -> Any:
    """Push a text or a rendered guide to an assistant's chats, in the background; whoever opted out is left out."""
    assistant = house().assistants.find_assistants.get(actor, body["assistant_id"])
    wanted = body["filter"]
    push = house().pushes.start_push.start(
        actor,
        assistant,
        text=body["text"],
        guide_id=body["guide_id"] or "",
        variables=body["variables"],
        wanted=PushFilter(**{**wanted, "chat_ids": tuple(wanted["chat_ids"])}),
        at=body["at"],
    )
    return push, {"Location": f"/pushes/{push.id}"}


@blueprint.path("/<push_id>")
@person
@blueprint.gives(200, schemas.PushOut)
def get(push_id: str, actor: Actor) -> Push:
    """One push and how far it has come."""
    return house().pushes.find_pushes.get(actor, push_id)


@blueprint.path("/<push_id>", "DELETE")
@person
@blueprint.gives(200, schemas.PushOut)
def cancel(push_id: str, actor: Actor) -> Push:
    """Call off what has not gone out; the push stays, with what became of each contact."""
    return house().pushes.start_push.cancel(house().pushes.find_pushes.get(actor, push_id))


@blueprint.path("/contacts/<push_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.PushContactOut(many=True))
def list_contacts(args: dict[str, Any], push_id: str, actor: Actor) -> Any:
    """What became of a push for each of its contacts."""
    find = house().pushes.find_pushes
    push = find.get(actor, push_id)
    return listed(
        args,
        partial(find.contacts, push),
        partial(find.count_contacts, push),
    )
