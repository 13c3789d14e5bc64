"""Whether the process is up, and whether its parts are."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from routes.blueprint import Blueprint
from routes.guards import anybody
from routes.house import house

blueprint = Blueprint("health", __name__, url_prefix="/health", description="Is it up, and are its parts?")


class HealthOut(Schema):
    """The process is up."""

    status = fields.String()


class ReadyOut(Schema):
    """Each dependency with its state."""

    status = fields.String(metadata={"enum": ["ready", "not_ready"]})
    dependencies = fields.Dict(keys=fields.String(), values=fields.String())
    reembedding = fields.Integer(
        metadata={
            "description": "Assistants that still answer from the vectors of the embedder before; left out at 0."
        }
    )


@blueprint.path("")
@anybody
@blueprint.gives(200, HealthOut)
def health() -> dict[str, str]:
    """The process is up."""
    return {"status": "healthy"}


@blueprint.path("/ready")
@anybody
@blueprint.gives(200, ReadyOut)
@blueprint.may_give(503, ReadyOut, "One of them is down.")
def ready() -> Any:
    """Each dependency with its state; 503 when one of them is down."""
    states = house().upkeep.check_health.states()
    fine = all(state == "ready" for state in states.values())
    body: dict[str, Any] = {"status": "ready" if fine else "not_ready", "dependencies": states}
    if left := house().documents.reembed.left():
        body["reembedding"] = left
    return body, 200 if fine else 503
