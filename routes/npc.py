"""The NPC gateway: a thin door on assistants with a persona."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.actors import Actor
from models.assistants import Persona
from routes.blueprint import Blueprint
from routes.guards import operator, token_holder
from routes.house import at_a_workplace, house
from routes.paging import listed
from routes.schemas import npc as schemas
from routes.schemas.fields import ListArguments

blueprint = Blueprint("npc", __name__, description="The NPC gateway.")


@blueprint.path("/create_npc/", "POST")
@operator
@blueprint.takes(schemas.NpcIn)
@blueprint.gives(200, schemas.NpcOut)
def create_npc(body: dict[str, Any], actor: Actor) -> dict[str, str]:
    """Make an NPC; with ``ADMIN_KEY`` it belongs to the first admin."""
    persona = Persona(body["char_descr"], body["world_descr"])
    npc = house().npc.create_npc.create(
        actor,
        persona,
        name=body["name"],
        model=body["model"] or "",
        has_scratchpad=body["has_scratchpad"],
    )
    return {"status": "created", "npc_id": npc.id}


@blueprint.path("/chat_npc/", "POST")
@at_a_workplace
@token_holder
@blueprint.takes(schemas.SayIn)
@blueprint.gives(200, schemas.SaidOut)
def chat_npc(body: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Say something to an NPC.

    ``chat_id`` is the caller's own name of a session; the same name of another caller is another session. What the
    NPC thinks on its scratchpad is not in the answer.
    """
    said = house().npc.sessions.say(
        actor, body["npc_id"], body["chat_id"], body["message"], body["model"] or ""
    )
    return {**vars(said), "chat_id": body["chat_id"], "npc_id": body["npc_id"]}


@blueprint.path("/end_chat_session/", "POST")
@token_holder
@blueprint.takes(schemas.EndArguments, "query")
@blueprint.gives(200, schemas.EndedOut)
def end_session(args: dict[str, str], actor: Actor) -> dict[str, str]:
    """End a session: its NPCs forget it, and a later message begins anew."""
    house().npc.sessions.end(actor, args["chat_id"])
    return {"status": "ended"}


@blueprint.path("/chat/<user_token>/<chat_name:name>/history/")
@operator
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.LineOut(many=True))
def history(args: dict[str, Any], user_token: str, name: str, actor: Actor) -> Any:
    """What was said in a caller's session, scratchpads included, oldest first.

    ``user_token`` is the caller's personal API token or its id, ``name`` what the caller calls the session.
    """
    del actor
    caller = house().accounts.authenticate.token_id(user_token)
    read = house().npc.sessions.history
    return listed(
        args,
        partial(read, caller, name),
        lambda: len(read(caller, name, 10**6, "").items),
    )
