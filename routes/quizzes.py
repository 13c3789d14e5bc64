"""Quizzes: made from a text or from documents, kept, answered."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, jsonify

from models.actors import Actor
from models.callers import Caller
from models.phrases import phrase
from models.quizzes import Quiz, to_markdown
from models.text.language import language_code
from routes.blueprint import Blueprint
from routes.guards import caller, person, reading_caller
from routes.house import at_a_workplace, house
from routes.paging import listed
from routes.schemas import quizzes as schemas
from routes.schemas.fields import Deleted, ListArguments
from services.quizzes.make_quiz import Wanted

MARKDOWN = "text/markdown"
ANSWERS = {"pt": "Respostas", "en": "Answers", "fr": "Réponses", "es": "Respuestas"}
blueprint = Blueprint("quizzes", __name__, description="Quizzes from texts and documents.")


@blueprint.path("/app/generate_quiz_from_text/", "POST")
@at_a_workplace
@caller
@blueprint.takes(schemas.QuizIn)
@blueprint.gives(200, schemas.QuizOut)
def make(wanted: Wanted, caller: Caller) -> Quiz:
    """Make a quiz of exactly so many questions from a text, or from an assistant's documents.

    Each has four different choices, one of them right, and the passage that it came from. Without a language
    model (`offline`) a word, name or number is left out of sentences of the text.
    """
    return house().quizzes.make_quiz.make(caller, wanted)


@blueprint.path("/app/generate_quiz_from_text_to_md/", "POST")
@at_a_workplace
@caller
@blueprint.takes(schemas.QuizIn)
@blueprint.gives(200, {"type": "string"}, content_type=MARKDOWN)
def make_markdown(wanted: Wanted, caller: Caller) -> Response:
    """The same as Markdown, its answers folded at the end."""
    return _markdown(house().quizzes.make_quiz.make(caller, wanted))


@blueprint.path("/quizzes")
@caller
@blueprint.takes(schemas.QuizListArguments, "query")
@blueprint.gives(200, schemas.QuizSummaryOut(many=True))
def list_quizzes(args: dict[str, Any], caller: Caller) -> Any:
    """The quizzes that were kept, newest first, without their questions."""
    find, actor, assistant_id = house().quizzes.find_quizzes, caller.actor, args["assistant_id"]
    return listed(
        args,
        partial(find.page, actor, assistant_id),
        partial(find.count, actor, assistant_id),
    )


@blueprint.path("/quizzes/<quiz_id>")
@caller
@blueprint.takes(schemas.QuizArguments, "query")
@blueprint.gives(200, schemas.QuizOut)
def get(args: dict[str, Any], quiz_id: str, caller: Caller) -> Response:
    """One quiz."""
    quiz = house().quizzes.find_quizzes.get(caller.actor, quiz_id)
    return jsonify(schemas.shown(quiz, answers=args["answers"]))


@blueprint.path("/quizzes/<quiz_id>/markdown")
@caller
@blueprint.takes(schemas.QuizArguments, "query")
@blueprint.gives(200, {"type": "string"}, content_type=MARKDOWN)
def get_markdown(args: dict[str, Any], quiz_id: str, caller: Caller) -> Response:
    """One quiz as Markdown, its answers folded at the end."""
    return _markdown(house().quizzes.find_quizzes.get(caller.actor, quiz_id), answers=args["answers"])


@blueprint.path("/quizzes/<quiz_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(quiz_id: str, actor: Actor) -> dict[str, str]:
    """Delete a quiz and its answer sheets."""
    find = house().quizzes.find_quizzes
    find.delete(find.get(actor, quiz_id))
    return {"message": "The quiz is gone."}


@blueprint.path("/quizzes/<quiz_id>/answers", "POST")
@reading_caller
@blueprint.takes(schemas.AnswersIn)
@blueprint.gives(200, schemas.ScoreOut)
def answer(body: dict[str, Any], quiz_id: str, caller: Caller) -> dict[str, Any]:
    """Mark an answer sheet and keep it: the score, and for each question the right choice and why."""
    quizzes = house().quizzes
    quiz = quizzes.find_quizzes.get(caller.actor, quiz_id)
    sheet, marks = quizzes.answer_quiz.answer(
        caller, quiz, body["answers"], body["name"] or "", keep=body["save"]
    )
    return {**schemas.shown_sheet(sheet), "results": marks}


@blueprint.path("/quizzes/<quiz_id>/answers")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.SheetOut(many=True))
def list_answers(args: dict[str, Any], quiz_id: str, actor: Actor) -> Any:
    """The answer sheets that were kept, newest first."""
    quizzes = house().quizzes
    quiz = quizzes.find_quizzes.get(actor, quiz_id)
    sheets, headers = listed(
        args,
        partial(quizzes.answer_quiz.page, quiz),
        partial(quizzes.answer_quiz.count, quiz),
    )
    return [schemas.shown_sheet(one) for one in sheets], headers


def _markdown(quiz: Quiz, *, answers: bool = True) -> Response:
    text = to_markdown(quiz, phrase(ANSWERS, language_code(quiz.language)) if answers else "")
    return Response(text, content_type=f"{MARKDOWN}; charset=utf-8")
