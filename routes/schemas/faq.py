"""Curated questions and answers."""

from __future__ import annotations

from marshmallow import Schema, fields

from models.faq import LONGEST_ANSWER, LONGEST_QUESTION
from routes.schemas.fields import Body, Moment, Text


class AnswerIn(Body):
    """A question and what is to be answered to it."""

    question = Text(LONGEST_QUESTION, least=1, required=True)
    answer = Text(LONGEST_ANSWER, least=1, required=True)


class FaqOut(Schema):
    """A curated answer as it is kept."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    question = fields.String()
    answer = fields.String()
    createdAt = Moment(attribute="created_at")
    updatedAt = Moment(attribute="updated_at")
