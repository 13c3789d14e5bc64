"""Assistants and their keys."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from kit.errors import Invalid
from models.actors import Access, Actor
from models.assistants import Assistant, AssistantSettings, Webhook
from models.documents import SearchResult
from models.members import AssistantRole
from routes.blueprint import Blueprint
from routes.description import LOCATION
from routes.guards import owner, person, reader
from routes.house import house
from routes.paging import listed
from routes.schemas import assistants as schemas
from routes.schemas.fields import Deleted, ListArguments

blueprint = Blueprint(
    "assistants", __name__, url_prefix="/assistants", description="Assistants and their settings."
)


@blueprint.path("/add", "POST")
@person
@blueprint.takes(schemas.AssistantIn)
@blueprint.gives(201, schemas.AssistantOut, headers=LOCATION)
def add(body: dict[str, Any], actor: Actor) -> Any:
    """Make an assistant."""
    keys = body["settings"].pop("provider_keys", {})
    settings = AssistantSettings(**body["settings"])
    assistant = house().assistants.add_assistant.add(
        actor, body["name"], body["owner_id"], settings, provider_keys=keys, **_webhook(body)
    )
    return present(assistant, _role(actor, assistant)), {"Location": f"/assistants/get/{assistant.id}"}


@blueprint.path("/list")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.AssistantOut(many=True))
def list_assistants(args: dict[str, Any], actor: Actor) -> Any:
    """The caller's assistants and those they have a role on; an admin's list has everybody's."""
    find = house().assistants.find_assistants
    found, headers = listed(args, partial(find.page, actor), partial(find.count, actor))
    return [present(one, role) for one, role in found], headers


@blueprint.path("/get/<assistant_id>")
@person
@blueprint.gives(200, schemas.AssistantOut)
def get(assistant_id: str, actor: Actor) -> dict[str, Any]:
    """One assistant."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    return present(assistant, _role(actor, assistant))


@blueprint.path("/update/<assistant_id>", "PUT")
@person
@blueprint.takes(schemas.AssistantChange, required=False)
@blueprint.gives(200, schemas.AssistantOut)
def update(body: dict[str, Any], assistant_id: str, actor: Actor) -> dict[str, Any]:
    """Change any subset of an assistant; what ``get`` returned may be sent back unchanged."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    _check_read_only(body, assistant, _role(actor, assistant))
    changed = house().assistants.update_assistant.update(
        actor,
        assistant,
        name=body.get("name", assistant.name),
        owner_id=body.get("owner_id", assistant.owner_id),
        settings=body["settings"],
        **_webhook(body),
    )
    return present(changed, _role(actor, changed))


@blueprint.path("/delete/<assistant_id>", "DELETE")
@owner
@blueprint.gives(200, Deleted)
def delete(assistant_id: str, actor: Actor) -> dict[str, str]:
    """Delete an assistant with its chats, messages, documents, files and index; its key is dead at once."""
    house().assistants.delete_assistant.delete(house().assistants.find_assistants.get(actor, assistant_id))
    return {"message": "The assistant and all that belonged to it are gone."}


@blueprint.path("/rotate_key/<assistant_id>", "POST")
@owner
@blueprint.may_take(schemas.RotateIn)
@blueprint.gives(200, schemas.KeyOut)
def rotate_key(body: dict[str, timedelta], assistant_id: str, actor: Actor) -> dict[str, Any]:
    """A new key; the old one is dead at once, or works beside it for as long as the body says."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    key, until = house().assistants.rotate_key.rotate(assistant, body["overlap"])
    return {"api_key": key, **({"old_key_expires_at": until} if until else {})}


@blueprint.path("/rotate_key/<assistant_id>", "DELETE")
@owner
@blueprint.gives(200, Deleted)
def end_overlap(assistant_id: str, actor: Actor) -> dict[str, str]:
    """End the overlap of a rotation now: the old key is dead at once, the one in force stays."""
    house().assistants.rotate_key.end_overlap(house().assistants.find_assistants.get(actor, assistant_id))
    return {"message": "Only the key in force works."}


@blueprint.path("/search/<assistant_id>", "POST")
@reader
@blueprint.takes(schemas.SearchIn)
@blueprint.gives(200, schemas.SearchOut)
def search(body: dict[str, Any], assistant_id: str, actor: Actor) -> SearchResult:
    """The passages that a chat would be given for this question, best first."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    return house().retrieval.search_passages.search(
        assistant, body["query"], body["top_k"] or assistant.settings.top_k
    )


def present(assistant: Assistant, role: AssistantRole) -> dict[str, Any]:
    """An assistant as its schema shows it; its key is opened for its owner and admins alone."""
    keys, is_theirs = house().assistants.rotate_key, role.access is Access.OWN
    webhook = assistant.webhook if role.access >= Access.EDIT else Webhook()  # many a URL is a secret itself
    return {
        **vars(assistant),
        "role": role,
        "api_key": keys.key_of(assistant) if is_theirs else None,
        "old_key_expires_at": keys.old_key_until(assistant) if is_theirs else None,
        "webhook_url": webhook.url,
        "webhook_secret": house().assistants.set_webhook.masked(webhook),
    }


def _role(actor: Actor, assistant: Assistant) -> AssistantRole:
    return house().assistants.find_assistants.role(actor, assistant) or AssistantRole.VIEWER


def _webhook(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("webhook_url", "webhook_secret") if name in body}


def _check_read_only(body: dict[str, Any], assistant: Assistant, role: AssistantRole) -> None:
    shown = schemas.AssistantOut(only=schemas.READ_ONLY).dump(present(assistant, role))
    wrong = [name for name in schemas.READ_ONLY if name in body and body[name] != shown[name]]
    if wrong:
        raise Invalid.fields({name: ["Is read-only."] for name in wrong})
