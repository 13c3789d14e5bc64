"""What the documents did not answer."""

from __future__ import annotations

from marshmallow import Schema, fields

from routes.schemas.fields import Moment


class UnansweredOut(Schema):
    """Questions that ask the same and were not answered from the documents."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    question = fields.String(metadata={"description": "As it was asked first."})
    count = fields.Integer(metadata={"description": "How often it was asked."})
    examples = fields.List(fields.String(), metadata={"description": "A few ways in which it was asked."})
    best = fields.Float(metadata={"description": "The most evidence that there was for any of them."})
    firstAt = Moment(attribute="first_at")
    lastAt = Moment(attribute="last_at")
