"""What an assistant's documents did not answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.actors import Actor
from routes.blueprint import Blueprint
from routes.guards import person
from routes.house import house
from routes.paging import listed
from routes.schemas.fields import Deleted, ListArguments
from routes.schemas.unanswered import UnansweredOut

blueprint = Blueprint(
    "unanswered",
    __name__,
    url_prefix="/assistants/unanswered",
    description="Questions that an assistant's documents did not answer.",
)


@blueprint.path("/<assistant_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, UnansweredOut(many=True))
def list_unanswered(args: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """Questions of chats for which the documents held no evidence, those that ask the same as one; newest first."""
    assistant, find = house().assistants.find_assistants.get(actor, assistant_id), house().unanswered
    return listed(
        args,
        partial(find.find_unanswered.page, assistant),
        partial(find.find_unanswered.count, assistant),
    )


@blueprint.path("/<assistant_id>/<group_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def dismiss(assistant_id: str, group_id: str, actor: Actor) -> dict[str, str]:
    """Dismiss a question that needs no answer; asked again it is listed again."""
    assistant = house().assistants.find_assistants.get(actor, assistant_id)
    house().unanswered.find_unanswered.dismiss(assistant, group_id)
    return {"message": "The question is gone from the list."}
