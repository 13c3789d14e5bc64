"""Curated answers: what a person has answered once, for all who ask it."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.actors import Actor
from models.assistants import Assistant
from models.faq import FaqEntry
from routes.blueprint import Blueprint
from routes.guards import person
from routes.house import house
from routes.paging import listed
from routes.schemas.faq import AnswerIn, FaqOut
from routes.schemas.fields import Deleted, ListArguments

blueprint = Blueprint(
    "faq", __name__, url_prefix="/assistants", description="Curated questions and answers of an assistant."
)


@blueprint.path("/answer/<assistant_id>", "PUT")
@person
@blueprint.takes(AnswerIn)
@blueprint.gives(200, FaqOut)
def answer(body: dict[str, Any], assistant_id: str, actor: Actor) -> FaqEntry:
    """Answer a question for all who ask it: found and cited from now on; the same question again is changed."""
    assistant = _assistant(actor, assistant_id)
    return house().faq.answer_question.answer(assistant, body["question"], body["answer"])


@blueprint.path("/faq/<assistant_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, FaqOut(many=True))
def list_faq(args: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """An assistant's curated answers, newest first."""
    assistant, find = _assistant(actor, assistant_id), house().faq.find_faq
    return listed(args, partial(find.page, assistant), partial(find.count, assistant))


@blueprint.path("/faq/<assistant_id>/<faq_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(assistant_id: str, faq_id: str, actor: Actor) -> dict[str, str]:
    """Delete a curated answer; it is in no answer from now on."""
    house().faq.find_faq.delete(_assistant(actor, assistant_id), faq_id)
    return {"message": "The curated answer is gone."}


def _assistant(actor: Actor, assistant_id: str) -> Assistant:
    return house().assistants.find_assistants.get(actor, assistant_id)
