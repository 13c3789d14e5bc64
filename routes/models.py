"""The model catalogue."""

from __future__ import annotations

from typing import Any

from kit.errors import Invalid
from models.actors import Actor
from models.catalogue import ModelEntry
from routes.blueprint import Blueprint
from routes.description import LOCATION
from routes.guards import admin, person
from routes.house import house
from routes.paging import listed
from routes.schemas import models as schemas
from routes.schemas.fields import Deleted, ListArguments
from services.llm.manage_models import Shown, Tested

# What comes back with a change and says nothing.
SHOWN_ALONE = frozenset({"name", "api_key", "source", "default", "ready", "priced"})
blueprint = Blueprint("models", __name__, url_prefix="/models", description="The model catalogue.")


@blueprint.path("")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.ModelOut(many=True))
def list_models(args: dict[str, Any], actor: Actor) -> Any:
    """Every model, the default first, the others by name; only admins see more than names and providers."""
    models = house().models.manage
    page, headers = listed(args, models.page, models.count)
    return [_present(one, actor) for one in page], headers


@blueprint.path("", "POST")
@admin
@blueprint.takes(schemas.ModelIn)
@blueprint.gives(201, schemas.ModelOut, headers=LOCATION)
def add(body: dict[str, Any], actor: Actor) -> Any:
    """Add a model."""
    api_key = body.pop("api_key") or ""
    made = house().models.manage.add(ModelEntry(**body), api_key)
    return _present(made, actor), {"Location": f"/models/{made.entry.name}"}


@blueprint.path("/<model_name:model_name>")
@person
@blueprint.gives(200, schemas.ModelOut)
def get(model_name: str, actor: Actor) -> dict[str, Any]:
    """One model."""
    return _present(house().models.manage.get(model_name), actor)


@blueprint.path("/<model_name:model_name>", "PUT")
@admin
@blueprint.takes(schemas.ModelChange)
@blueprint.gives(200, schemas.ModelOut)
def change(body: dict[str, Any], model_name: str, actor: Actor) -> dict[str, Any]:
    """Change any subset of a model; what was got may be sent back unchanged, its masked key included."""
    if body.get("name", model_name) != model_name:
        raise Invalid.field("name", "Is read-only.")
    changes = {name: value for name, value in body.items() if name not in SHOWN_ALONE}
    api_key = (body["api_key"] or "") if "api_key" in body else None
    return _present(house().models.manage.change(model_name, changes, api_key), actor)


@blueprint.path("/<model_name:model_name>", "DELETE")
@admin
@blueprint.gives(200, Deleted)
def delete(model_name: str, actor: Actor) -> dict[str, str]:
    """Remove a model."""
    del actor
    house().models.manage.delete(model_name)
    return {"message": "The model is gone."}


@blueprint.path("/test/<chat_name:model_name>", "POST")
@admin
@blueprint.gives(200, schemas.TestedOut)
def test(model_name: str, actor: Actor) -> dict[str, Any]:
    """Ask a model for one word, past its fall-backs, and say what came of it."""
    del actor
    return _tested(house().models.manage.test(model_name))


def _present(shown: Shown, actor: Actor) -> dict[str, Any]:
    entry = shown.entry
    default = entry.name == house().models.catalogue.default_model
    if not actor.is_admin:
        return {"name": entry.name, "provider": entry.provider, "default": default, "priced": entry.is_priced}
    return {
        **vars(entry),
        "api_key": shown.masked_key,
        "default": default,
        "source": entry.origin,
        "ready": shown.ready,
        "priced": entry.is_priced,
    }


def _tested(tested: Tested) -> dict[str, Any]:
    completion, problem = tested.completion, tested.problem
    return {
        "name": tested.name,
        "ok": completion is not None,
        "ms": tested.ms,
        "response": completion.text if completion else None,
        "tokens": completion.tokens if completion else None,
        "error": problem.error_code if problem else None,
        "message": problem.sentence if problem else None,
    }
