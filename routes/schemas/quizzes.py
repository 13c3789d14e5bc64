"""Quizzes and their answer sheets."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from models.quizzes import CHOICES, MOST_QUESTIONS, AnswerSheet, Difficulty, Question, Quiz
from routes.schemas.chats import TokensOut
from routes.schemas.fields import Body, ListArguments, MaybeId, Moment, Switch, Text, WholeNumber
from routes.schemas.generation import PROMPT_LENGTH
from services.quizzes.make_quiz import LONGEST_TITLE, MOST_DOCUMENTS, Wanted

ABOUT = "The text to ask about; or leave it out and name an assistant or documents."


class QuizIn(Body):
    """A quiz as it is wanted."""

    text_input = Text(PROMPT_LENGTH, load_default="", allow_none=True, metadata={"description": ABOUT})
    num_questions = WholeNumber(1, MOST_QUESTIONS, required=True, metadata={"example": 5})
    model = Text(200, load_default="", allow_none=True)
    language = Text(
        40,
        load_default="",
        allow_none=True,
        metadata={"description": "pt, en, fr, es or any other by name; that of the text unless told."},
    )
    assistant_id = Text(
        64,
        load_default="",
        allow_none=True,
        metadata={"description": "Whose documents to ask about; the quiz belongs to it then."},
    )
    document_ids = fields.List(
        Text(64),
        load_default=list,
        validate=validate.Length(max=MOST_DOCUMENTS),
        metadata={"description": "Some of its documents alone."},
    )
    difficulty = fields.Enum(Difficulty, by_value=True, load_default=Difficulty.MEDIUM)
    title = Text(LONGEST_TITLE, load_default="", allow_none=True)
    save = Switch(load_default=True, metadata={"description": "Keep it, to be found under `/quizzes`."})

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(
            count=data["num_questions"],
            text=data["text_input"] or "",
            assistant_id=data["assistant_id"] or "",
            document_ids=tuple(data["document_ids"]),
            model=data["model"] or "",
            language=data["language"] or "",
            difficulty=data["difficulty"],
            title=data["title"] or "",
            keep=data["save"],
        )


class QuestionOut(Schema):
    """A question with its answer."""

    question = fields.String()
    choices = fields.List(fields.String(), metadata={"minItems": CHOICES, "maxItems": CHOICES})
    answer = fields.Integer(metadata={"description": "The index of the right choice, from 0."})
    explanation = fields.String()
    passage = fields.String(metadata={"description": "The words that it came from."})
    document_id = MaybeId(allow_none=True)


class QuizSummaryOut(Schema):
    """A quiz without its questions."""

    _id = MaybeId(attribute="id", allow_none=True, dump_only=True)
    id = MaybeId(allow_none=True, dump_only=True, metadata={"description": "`null` unless it was kept."})
    assistant_id = MaybeId(allow_none=True)
    title = fields.String()
    model = fields.String()
    language = fields.String()
    difficulty = fields.Enum(Difficulty, by_value=True)
    num_questions = fields.Function(lambda quiz: len(quiz.questions), metadata={"type": "integer"})
    createdAt = Moment(attribute="created_at")


class QuizOut(QuizSummaryOut):
    """A quiz."""

    questions = fields.List(fields.Nested(QuestionOut))
    tokens = fields.Nested(TokensOut)


class QuizArguments(Schema):
    """How much of a quiz is wanted."""

    answers = fields.Boolean(
        load_default=True,
        metadata={"description": "false: as it is shown to who answers it: questions and choices alone."},
    )


class QuizListArguments(ListArguments):
    """Which quizzes are wanted."""

    assistant_id = Text(64, load_default="")


class AnswersIn(Body):
    """An answer sheet."""

    answers = fields.List(
        WholeNumber(0, CHOICES - 1, allow_none=True),
        required=True,
        validate=validate.Length(max=MOST_QUESTIONS),
        metadata={
            "description": "For each question the index of a choice, or null.",
            "example": [0, 2, None],
        },
    )
    name = Text(
        200,
        load_default="",
        allow_none=True,
        metadata={"description": "Whose sheet it is; the account's name where a person sends none."},
    )
    save = Switch(load_default=True, metadata={"description": "Keep it, to be found by `GET`."})


class MarkedOut(Schema):
    """A question as it was answered."""

    question = fields.String(attribute="question.question")
    chosen = fields.Integer(allow_none=True)
    answer = fields.Integer(attribute="question.answer")
    correct = fields.Boolean()
    explanation = fields.String(attribute="question.explanation")


class SheetOut(Schema):
    """An answer sheet and what it came to."""

    _id = MaybeId(attribute="id", allow_none=True, dump_only=True)
    id = MaybeId(allow_none=True, dump_only=True, metadata={"description": "`null` unless it was kept."})
    quiz_id = fields.String()
    name = fields.String()
    by = MaybeId(allow_none=True, metadata={"description": "The account that sent it; `null` for a bot."})
    answers = fields.List(fields.Integer(allow_none=True))
    score = fields.Integer(metadata={"description": "Right answers."})
    total = fields.Integer()
    percent = fields.Float()
    createdAt = Moment(attribute="created_at")


class ScoreOut(SheetOut):
    """A sheet with each of its questions marked."""

    results = fields.List(fields.Nested(MarkedOut))


def shown_sheet(sheet: AnswerSheet) -> dict[str, Any]:
    """A sheet as ``SheetOut`` lays it out."""
    return {**vars(sheet), "total": sheet.total, "percent": sheet.percent}


def shown(quiz: Quiz, *, answers: bool) -> dict[str, Any]:
    """A quiz as ``QuizOut`` lays it out; without ``answers`` nothing in it tells them."""
    found: dict[str, Any] = QuizOut().dump(quiz)
    if not answers:
        found["questions"] = [_asked(one) for one in quiz.questions]
    return found


def _asked(question: Question) -> dict[str, Any]:
    return {"question": question.question, "choices": list(question.choices)}
