"""Roles on assistants for others than their owners."""

from __future__ import annotations

from functools import partial
from typing import Any

from kit.errors import Invalid
from models.actors import Actor
from models.assistants import Assistant
from routes.blueprint import Blueprint
from routes.guards import owner
from routes.house import house
from routes.paging import listed
from routes.schemas import members as schemas
from routes.schemas.fields import Deleted, ListArguments
from services.assistants.manage_members import MemberShown

blueprint = Blueprint(
    "members", __name__, url_prefix="/assistants/members", description="Who else works with an assistant."
)


@blueprint.path("/<assistant_id>")
@owner
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.MemberOut(many=True))
def list_members(args: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """Who has a role on the assistant; for its owner and admins."""
    assistant, members = _assistant(actor, assistant_id), house().assistants.manage_members
    return listed(
        args,
        partial(members.page, assistant),
        partial(members.count, assistant),
    )


@blueprint.path("/<assistant_id>", "PUT")
@owner
@blueprint.takes(schemas.MemberIn)
@blueprint.gives(200, schemas.MemberOut)
def put(body: dict[str, Any], assistant_id: str, actor: Actor) -> MemberShown:
    """Give an account a role: `editor` works with documents, chats and settings, `viewer` only reads.

    Neither sees the assistant's key, and neither deletes it or says whose it is and who else may work with it.
    """
    assistant = _assistant(actor, assistant_id)
    return house().assistants.manage_members.put(assistant, body["role"], **_named(body))


@blueprint.path("/<assistant_id>", "DELETE")
@owner
@blueprint.takes(schemas.MemberName, "query")
@blueprint.takes(schemas.MemberName, required=False)
@blueprint.gives(200, Deleted)
def remove_named(
    args: dict[str, str], body: dict[str, str], assistant_id: str, actor: Actor
) -> dict[str, str]:
    """Take the role from an account named in the query or in the body."""
    assistant = _assistant(actor, assistant_id)
    return _removed(assistant, **_named({name: args[name] or body[name] for name in args}))


@blueprint.path("/<assistant_id>/<user_id>", "DELETE")
@owner
@blueprint.gives(200, Deleted)
def remove(assistant_id: str, user_id: str, actor: Actor) -> dict[str, str]:
    """Take the role from an account."""
    return _removed(_assistant(actor, assistant_id), user_id=user_id, email="")


def _removed(assistant: Assistant, *, user_id: str, email: str) -> dict[str, str]:
    house().assistants.manage_members.remove(assistant, user_id=user_id, email=email)
    return {"message": "The account has no role on this assistant any more."}


def _named(body: dict[str, Any]) -> dict[str, str]:
    """How the account is named; asked only once the assistant is known to be the caller's."""
    if bool(body["user_id"]) is bool(body["email"]):
        raise Invalid.field("user_id", "Name the account by user_id or by email.")
    return {"user_id": body["user_id"], "email": body["email"]}


def _assistant(actor: Actor, assistant_id: str) -> Assistant:
    return house().assistants.find_assistants.get(actor, assistant_id)
