"""Guides: texts with variables, that a model follows or that are sent."""

from __future__ import annotations

from functools import partial
from typing import Any

from kit.errors import Invalid
from models.actors import Actor
from models.callers import Caller
from models.guides import Guide, GuideVariable
from routes.blueprint import Blueprint
from routes.description import LOCATION
from routes.guards import caller, person, reading_caller
from routes.house import at_a_workplace, house
from routes.paging import listed
from routes.schemas import guides as schemas
from routes.schemas.fields import Deleted, ListArguments
from routes.schemas.generation import GroundedOut, shown
from services.guides.render_guide import render_guide

blueprint = Blueprint(
    "guides", __name__, url_prefix="/guides", description="Texts with variables, and their versions."
)


@blueprint.path("")
@caller
@blueprint.takes(schemas.GuideListArguments, "query")
@blueprint.gives(200, schemas.GuideOut(many=True))
def list_guides(args: dict[str, Any], caller: Caller) -> Any:
    """The caller's guides, newest first; with an assistant's key those of the assistant."""
    find, assistant_id = house().guides.find_guides, args["assistant_id"]
    return listed(
        args,
        partial(find.page, caller, assistant_id),
        partial(find.count, caller, assistant_id),
    )


@blueprint.path("", "POST")
@person
@blueprint.takes(schemas.GuideIn)
@blueprint.gives(201, schemas.GuideOut, headers=LOCATION)
def add(body: dict[str, Any], actor: Actor) -> Any:
    """Add a guide to an assistant; each name in its text is declared among its variables."""
    assistant = house().assistants.find_assistants.get(actor, body["assistant_id"])
    variables = _variables(body["variables"]) or ()
    guide = house().guides.write_guide.add(actor, assistant, body["name"], body["body"], variables)
    return guide, {"Location": f"/guides/{guide.id}"}


@blueprint.path("/<guide_id>")
@caller
@blueprint.gives(200, schemas.GuideOut)
def get(guide_id: str, caller: Caller) -> Guide:
    """One guide."""
    return house().guides.find_guides.get(caller, guide_id)


@blueprint.path("/<guide_id>", "PUT")
@person
@blueprint.takes(schemas.GuideChange)
@blueprint.gives(200, schemas.GuideOut)
def change(body: dict[str, Any], guide_id: str, actor: Actor) -> Guide:
    """Change a guide: its next version; what was got may be sent back unchanged."""
    guide = house().guides.find_guides.of_person(actor, guide_id)
    shown = schemas.GuideOut(only=schemas.READ_ONLY).dump(guide)
    wrong = [name for name in schemas.READ_ONLY if body.get(name, shown[name]) != shown[name]]
    if wrong:
        raise Invalid.fields({name: ["Is read-only."] for name in wrong})
    if body["assistant_id"]:
        named = house().assistants.find_assistants.get(actor, body["assistant_id"])
        if named.id != guide.assistant_id:
            raise Invalid.field("assistant_id", "A guide stays with its assistant.")
    return house().guides.write_guide.change(
        actor, guide, name=body["name"], body=body["body"], variables=_variables(body["variables"])
    )


@blueprint.path("/<guide_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(guide_id: str, actor: Actor) -> dict[str, str]:
    """Delete a guide with its versions."""
    house().guides.write_guide.delete(house().guides.find_guides.of_person(actor, guide_id))
    return {"message": "The guide and its versions are gone."}


@blueprint.path("/versions/<guide_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.GuideOut(many=True))
def list_versions(args: dict[str, Any], guide_id: str, actor: Actor) -> Any:
    """Every version of a guide with its author, newest first; the first is the guide as it is now."""
    find = house().guides.find_guides
    guide = find.of_person(actor, guide_id)
    return listed(
        args,
        partial(find.versions, guide),
        partial(find.count_versions, guide),
    )


@blueprint.path("/restore/<guide_id>", "POST")
@person
@blueprint.takes(schemas.RestoreIn)
@blueprint.gives(200, schemas.GuideOut)
def restore(body: dict[str, int], guide_id: str, actor: Actor) -> Guide:
    """Go back to a version: it becomes the next one, so that nothing is lost."""
    guide = house().guides.find_guides.of_person(actor, guide_id)
    return house().guides.write_guide.restore(actor, guide, body["version"])


@blueprint.path("/render/<guide_id>", "POST")
@reading_caller
@blueprint.may_take(schemas.FilledIn)
@blueprint.gives(200, schemas.RenderedOut)
def render(body: dict[str, Any], guide_id: str, caller: Caller) -> dict[str, str]:
    """The text with its variables filled; a required one that is missing is named."""
    return {"text": render_guide(house().guides.find_guides.get(caller, guide_id), body["variables"])}


@blueprint.path("/run/<guide_id>", "POST")
@at_a_workplace
@caller
@blueprint.may_take(schemas.RunIn)
@blueprint.gives(200, GroundedOut)
def run(body: dict[str, Any], guide_id: str, caller: Caller) -> Any:
    """The model's answer with the guide as its instruction, from the assistant's documents."""
    guide = house().guides.find_guides.get(caller, guide_id)
    message, model = body["message"] or "", body["model"] or ""
    return shown(
        house().guides.run_guide.run(caller, guide, body["variables"], message.strip() and message, model)
    )


def _variables(sent: list[dict[str, Any]] | None) -> list[GuideVariable] | None:
    if sent is None:
        return None
    return [GuideVariable(**{**one, "choices": tuple(one["choices"])}) for one in sent]
