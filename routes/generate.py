"""Prompts without a chat: plain, grounded in an assistant's documents, streamed, in the background."""

from __future__ import annotations

from typing import Any

from flask import request

from kit.errors import Invalid
from models.callers import Caller
from models.cards import CardsDone
from models.generation import Asked
from routes.blueprint import Blueprint
from routes.events import EVENT, streamed
from routes.guards import anybody, caller, optional_caller
from routes.house import at_a_workplace, house
from routes.jobs import accepted
from routes.schemas import generation as schemas

STREAM: dict[Any, Any] = {200: {"content": {"text/event-stream": {"schema": EVENT}}}}
ACCEPTED = (
    "With `async=true`: `Location` says where the job is. The same `Idempotency-Key` again is the same job."
)
blueprint = Blueprint(
    "generate", __name__, url_prefix="/api/v1", description="Answers without a chat, versioned."
)
unversioned = Blueprint(
    "generate_newest", __name__, url_prefix="/api", description="The same in their newest version."
)


@blueprint.path("/generate", "POST")
@unversioned.path("/generate", "POST")
@at_a_workplace
@caller
@blueprint.says(responses=STREAM)
@blueprint.takes(schemas.GenerateArguments, "query")
@blueprint.takes(schemas.GenerateIn)
@blueprint.gives(200, schemas.GeneratedOut)
@blueprint.may_give(202, schemas.JobStartedOut, ACCEPTED)
def generate(args: dict[str, Any], body: dict[str, Any], caller: Caller) -> Any:
    """Answer a prompt.

    With an assistant's key its model and its ways to sample count where the body names none. With ``stream: true``
    the answer is ``text/event-stream``: events ``token`` ({text}), then one ``done`` (this answer) or ``error``.
    """
    return _answered(args, body, caller, grounded=False)


@blueprint.path("/rag", "POST")
@unversioned.path("/rag", "POST")
@at_a_workplace
@caller
@blueprint.says(responses=STREAM)
@blueprint.takes(schemas.GenerateArguments, "query")
@blueprint.takes(schemas.RagIn)
@blueprint.gives(200, schemas.GroundedOut)
@blueprint.may_give(202, schemas.JobStartedOut, ACCEPTED)
def rag(args: dict[str, Any], body: dict[str, Any], caller: Caller) -> Any:
    """Answer a question from an assistant's documents, as its chats do, with the passages that it was given.

    ``system`` is added below the assistant's own instructions. Streams as the other one does. It costs: of people
    with a role on the assistant its editors may; who may view it, searches.
    """
    return _answered(args, body, caller, grounded=True)


@blueprint.path("/status")
@unversioned.path("/status")
@anybody
@blueprint.gives(200, schemas.StatusOut)
def status() -> Any:
    """Whether answers can be had; with a credential also of which models."""
    known = house().generation.tell_status
    if optional_caller() is None:
        return {"status": known.status()}
    return {"status": known.status(), "models": known.models()}


@blueprint.path("/jobs/<job_id>")
@caller
@blueprint.gives(200, schemas.JobOut)
def get_job(job_id: str, caller: Caller) -> Any:
    """A job of the caller's; its result is kept for a day."""
    job = house().generation.start_generation.get(caller, job_id)
    if isinstance(job.result, CardsDone):
        return schemas.shown_job(job, house().studio.find_cards.those_of(caller.actor, job.result.card_ids))
    return schemas.shown_job(job)


def _answered(args: dict[str, Any], body: dict[str, Any], caller: Caller, *, grounded: bool) -> Any:
    asked = Asked(
        prompt=body["prompt"],
        system=body["system"] or "",
        model=body["model"] or "",
        temperature=body["temperature"],
        top_p=body["top_p"],
        max_tokens=body["max_tokens"],
        user_id=body["user_id"] or "",
        grounded=grounded,
        assistant_id=body.get("assistant_id") or "",
    )
    if args["in_background"]:
        if body["stream"]:
            raise Invalid.field("stream", "What is answered in the background does not stream.")
        key = request.headers.get("Idempotency-Key", "")
        return accepted(house().generation.start_generation.start(caller, asked, key))
    if body["stream"]:
        out = schemas.GroundedOut() if grounded else schemas.GeneratedOut()
        return streamed(
            house().generation.generate.stream(caller, asked), lambda found: out.dump(schemas.shown(found))
        )
    return schemas.shown(house().generation.generate.generate(caller, asked))
