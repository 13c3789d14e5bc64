"""Deliveries to webhooks."""

from __future__ import annotations

from marshmallow import Schema, fields

from models.deliveries import DeliveryStatus, Event
from routes.schemas.fields import Moment


class DeliveryOut(Schema):
    """An event on its way to a webhook, or what became of it."""

    _id = fields.String(attribute="id")
    event = fields.Enum(Event, by_value=True)
    status = fields.Enum(DeliveryStatus, by_value=True)
    attempts = fields.Integer()
    last_code = fields.Integer(
        allow_none=True, metadata={"description": "Status of the last answer; `null` where none came."}
    )
    last_error = fields.String()
    next_attempt_at = Moment(attribute="next_at", allow_none=True)
    body = fields.String(metadata={"description": "What is posted, as it is signed."})
    createdAt = Moment(attribute="created_at")
    finishedAt = Moment(attribute="finished_at", allow_none=True)
