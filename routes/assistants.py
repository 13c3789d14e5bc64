"""Assistants and their keys."""

from __future__ import annotations

from typing import Any

from kit.errors import Invalid
from models.actors import Actor
from models.assistants import Assistant, AssistantSettings
from models.documents import SearchResult
from routes.blueprint import Blueprint
from routes.description import LOCATION
from routes.guards import person
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
    settings = AssistantSettings(**body["settings"])
    assistant = house().assistants.add_assistant.add(actor, body["name"], body["owner_id"], settings)
    return present(assistant), {"Location": f"/assistants/get/{assistant.id}"}


@blueprint.path("/list")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.AssistantOut(many=True))
def list_assistants(args: dict[str, Any], actor: Actor) -> Any:
    """The caller's assistants; an admin's list has everybody's."""
    find = house().assistants.find_assistants
    found, headers = listed(
        args, lambda limit, cursor: find.page(actor, limit, cursor), lambda: find.count(actor)
    )
    return [present(one) for one in found], headers


@blueprint.path("/get/<assistant_id>")
@person
@blueprint.gives(200, schemas.AssistantOut)
def get(assistant_id: str, actor: Actor) -> dict[str, Any]:
    """One assistant."""
    return present(house().assistants.find_assistants.get(actor, assistant_id))


@blueprint.path("/update/<assistant_id>", "PUT")
@person
@blueprint.takes(schemas.AssistantChange, required=False)
@blueprint.gives(200, schemas.AssistantOut)
def update(body: dict[str, Any], assistant_id: str, actor: Actor) -> dict[str, Any]:
    """Change any subset of an assistant; what ``get`` returned may be sent back unchanged."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    _check_read_only(body, assistant)
    changed = house().assistants.update_assistant.update(
        actor,
        assistant,
        name=body.get("name", assistant.name),
        owner_id=body.get("owner_id", assistant.owner_id),
        settings=body["settings"],
    )
    return present(changed)


@blueprint.path("/delete/<assistant_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(assistant_id: str, actor: Actor) -> dict[str, str]:
    """Delete an assistant with its chats, messages, documents, files and index; its key is dead at once."""
    house().assistants.delete_assistant.delete(house().assistants.find_assistants.get(actor, assistant_id))
    return {"message": "The assistant and all that belonged to it are gone."}


@blueprint.path("/rotate_key/<assistant_id>", "POST")
@person
@blueprint.gives(200, schemas.KeyOut)
def rotate_key(assistant_id: str, actor: Actor) -> dict[str, str]:
    """A new key; the old one is dead at once."""
    return {
        "api_key": house().assistants.rotate_key.rotate(
            house().assistants.find_assistants.get(actor, assistant_id)
        )
    }


@blueprint.path("/search/<assistant_id>", "POST")
@person
@blueprint.takes(schemas.SearchIn)
@blueprint.gives(200, schemas.SearchOut)
def search(body: dict[str, Any], assistant_id: str, actor: Actor) -> SearchResult:
    """The passages that a chat would be given for this question, best first."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    return house().retrieval.search_passages.search(
        assistant, body["query"], body["top_k"] or assistant.settings.top_k
    )


def present(assistant: Assistant) -> dict[str, Any]:
    """An assistant as its schema shows it, the key opened for its owner."""
    return {**vars(assistant), "api_key": house().assistants.rotate_key.key_of(assistant)}


def _check_read_only(body: dict[str, Any], assistant: Assistant) -> None:
    shown = schemas.AssistantOut(only=schemas.READ_ONLY).dump(present(assistant))
    wrong = [name for name in schemas.READ_ONLY if name in body and body[name] != shown[name]]
    if wrong:
        raise Invalid.fields({name: ["Is read-only."] for name in wrong})
