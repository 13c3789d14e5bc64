"""Golden questions: what an assistant must find, and runs that say whether it does."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, jsonify, request

from kit.errors import Invalid, TooLarge
from models.actors import Actor
from models.assistants import Assistant
from models.golden import GoldenQuestion, GoldenRun
from routes.blueprint import MAX_JSON_BYTES, Blueprint
from routes.description import LOCATION
from routes.guards import person
from routes.house import house
from routes.paging import listed
from routes.schemas import golden as schemas
from routes.schemas.fields import Deleted, ListArguments
from services.golden.add_golden import Added
from services.golden.golden_csv import read_golden, write_golden

CSV = "text/csv"
FORM = "multipart/form-data"
MAX_CSV_BYTES = MAX_JSON_BYTES
FORM_ROOM = 16 << 10  # what stands around the file
ONE = "/questions/<assistant_id>/<question_id>"
TEXT = {"type": "string"}
FILE = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
ADDING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": schemas.GoldenIn},
            CSV: {"schema": TEXT, "example": "question,expects\r\nQuanto custa?,R$ 180|precos.md\r\n"},
            FORM: {"schema": FILE},
        },
    },
    "responses": {
        200: {
            "description": "The question was there and is changed, or a CSV file was read.",
            "content": {"application/json": {"schema": {"oneOf": [schemas.GoldenOut, schemas.ImportedOut]}}},
        }
    },
}
blueprint = Blueprint(
    "golden",
    __name__,
    url_prefix="/assistants/golden",
    description="Golden questions: what an assistant must find, and whether it does.",
)


@blueprint.path("/<assistant_id>")
@person
@blueprint.takes(schemas.GoldenListArguments, "query")
@blueprint.gives(200, schemas.GoldenOut(many=True))
@blueprint.says(responses={200: {"content": {CSV: {"schema": TEXT}}}})
def list_questions(args: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """An assistant's golden questions, newest first; as CSV all of them, in the order they were added."""
    assistant, find = _assistant(actor, assistant_id), house().golden.find_golden
    if _wants_csv(args.get("format")):
        return _file(write_golden(find.every(assistant)))
    items, headers = listed(args, partial(find.questions, assistant), partial(find.count, assistant))
    return items, {**headers, "Vary": "Accept"}


@blueprint.path("/<assistant_id>", "POST")
@person
@blueprint.gives(201, schemas.GoldenOut, headers=LOCATION)
@blueprint.says(**ADDING)
def add(assistant_id: str, actor: Actor) -> Any:
    """Add a golden question, or a CSV file of them; one that is there already gets what is expected now."""
    assistant = _assistant(actor, assistant_id)
    if request.mimetype in (CSV, FORM):
        return _imported(house().golden.add_golden.add(assistant, read_golden(_sent_csv())))
    asked = Blueprint.ARGUMENTS_PARSER.parse(schemas.GoldenIn(), request, location="json")
    added = house().golden.add_golden.add(assistant, [asked])
    question = added.questions[0]
    if not added.added:
        return jsonify(schemas.GoldenOut().dump(question))
    return question, {"Location": f"/assistants/golden/questions/{assistant.id}/{question.id}"}


@blueprint.path("/<assistant_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete_all(assistant_id: str, actor: Actor) -> dict[str, str]:
    """Delete all golden questions of an assistant; its runs stay."""
    deleted = house().golden.delete_golden.delete_all(_assistant(actor, assistant_id))
    return {"message": f"{deleted} golden questions are gone."}


@blueprint.path(ONE)
@person
@blueprint.gives(200, schemas.GoldenOut)
def get(assistant_id: str, question_id: str, actor: Actor) -> GoldenQuestion:
    """One golden question."""
    return house().golden.find_golden.question(_assistant(actor, assistant_id), question_id)


@blueprint.path(ONE, "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(assistant_id: str, question_id: str, actor: Actor) -> dict[str, str]:
    """Delete one golden question."""
    assistant = _assistant(actor, assistant_id)
    house().golden.delete_golden.delete(house().golden.find_golden.question(assistant, question_id))
    return {"message": "The golden question is gone."}


@blueprint.path("/run/<assistant_id>", "POST")
@person
@blueprint.may_take(schemas.GoldenRunIn)
@blueprint.gives(202, schemas.RunStartedOut, headers=LOCATION)
def run(body: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """Have every golden question searched for, as chats do, in the background."""
    started = house().golden.start_golden_run.start(_assistant(actor, assistant_id), body["top_k"])
    return started, {"Location": f"/assistants/golden/runs/{started.assistant_id}/{started.id}"}


@blueprint.path("/runs/<assistant_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.RunSummaryOut(many=True))
def list_runs(args: dict[str, Any], assistant_id: str, actor: Actor) -> Any:
    """An assistant's runs without their results, newest first; the last fifty are kept."""
    assistant, find = _assistant(actor, assistant_id), house().golden.find_golden
    return listed(args, partial(find.runs, assistant), partial(find.count_runs, assistant))


@blueprint.path("/runs/<assistant_id>/<run_id>")
@person
@blueprint.gives(200, schemas.RunOut)
def get_run(assistant_id: str, run_id: str, actor: Actor) -> GoldenRun:
    """One run: hits, misses, the rank of each question's first hit, and what changed since the run before."""
    return house().golden.find_golden.run(_assistant(actor, assistant_id), run_id)


def _assistant(actor: Actor, assistant_id: str) -> Assistant:
    return house().assistants.find_assistants.get(actor, assistant_id)


def _wants_csv(named: str | None) -> bool:
    if named is not None:
        return named == "csv"
    return request.accept_mimetypes.best_match(["application/json", CSV]) == CSV


def _file(text: str) -> Response:
    response = Response(text, mimetype=CSV)
    response.headers["Content-Disposition"] = 'attachment; filename="golden.csv"'
    response.headers["Vary"] = "Accept"
    return response


def _sent_csv() -> bytes:
    if request.mimetype == CSV:
        request.max_content_length = MAX_CSV_BYTES + 1
        raw = request.get_data()
    else:
        request.max_content_length = MAX_CSV_BYTES + FORM_ROOM
        file = request.files.get("file")
        if file is None:
            raise Invalid.field("file", "Missing data for required field.")
        raw = file.stream.read(MAX_CSV_BYTES + 1)
    if len(raw) > MAX_CSV_BYTES:
        raise TooLarge
    return raw


def _imported(added: Added) -> Response:
    count = len(added.questions)
    return jsonify({"added": added.added, "changed": added.changed, "questions": count})
