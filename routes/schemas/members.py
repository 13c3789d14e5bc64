"""Roles on assistants."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from models.members import GIVEN_ROLES, AssistantRole
from routes.schemas.fields import Body, Moment, Text

NOT_GIVEN = "Must be editor or viewer."


class MemberName(Body):
    """An account, by its id or its e-mail."""

    user_id = Text(24, load_default="")
    email = Text(320, load_default="")


class MemberIn(MemberName):
    """An account and the role that it gets."""

    role = fields.Enum(
        AssistantRole,
        by_value=True,
        required=True,
        metadata={"enum": list(GIVEN_ROLES)},
        error_messages={"unknown": NOT_GIVEN},
    )

    @validates_schema
    def _given(self, data: dict[str, Any], **_: Any) -> None:
        if data["role"] not in GIVEN_ROLES:
            raise ValidationError(NOT_GIVEN, "role")


class MemberOut(Schema):
    """Somebody with a role on an assistant."""

    user_id = fields.String(attribute="user.id")
    name = fields.String(attribute="user.name")
    email = fields.String(attribute="user.email")
    role = fields.Enum(AssistantRole, by_value=True, attribute="member.role")
    createdAt = Moment(attribute="member.created_at")
