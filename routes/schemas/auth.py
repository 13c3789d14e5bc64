"""Accounts, sign-ins, personal API tokens."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from kit.passwords import MAX_LENGTH, MIN_LENGTH
from models.actors import Role
from routes.schemas.assistants import BoundsField
from routes.schemas.fields import Body, Moment, Switch, Text, WholeNumber

# Described here, checked by kit.passwords: it also knows the common ones.
GOOD_PASSWORD = {"format": "password", "minLength": MIN_LENGTH, "maxLength": MAX_LENGTH}


class UserOut(Schema):
    """An account as it is shown."""

    id = fields.String()
    name = fields.String()
    email = fields.String()
    role = fields.Enum(Role, by_value=True)
    active = fields.Boolean()
    createdAt = Moment(attribute="created_at")


class RegisterIn(Body):
    """A new account."""

    name = Text(least=1, required=True)
    email = fields.Email(required=True, validate=validate.Length(max=320))
    password = fields.String(required=True, metadata=GOOD_PASSWORD)


class Registered(Schema):
    """The account made."""

    user = fields.Nested(UserOut)


class LoginIn(Body):
    """Who signs in."""

    email = Text(320, least=1, required=True)
    password = Text(1000, required=True, metadata={"format": "password"})


class SignedIn(Schema):
    """A token and whose it is."""

    token = fields.String()
    expires_at = Moment()
    user = fields.Nested(UserOut)


class PasswordIn(Body):
    """A change of password."""

    current_password = Text(1000, required=True)
    new_password = fields.String(required=True, metadata=GOOD_PASSWORD)


TOKEN_LIMITS = {
    "description": "What may be used with it, beside the limits of an assistant that it asks; null: no bounds."
}


class TokenIn(Body):
    """A personal API token to make."""

    name = Text(least=1, required=True)
    expires_in_days = WholeNumber(1, 3650, allow_none=True, load_default=None)
    limits = fields.Nested(BoundsField, allow_none=True, load_default=None, metadata=TOKEN_LIMITS)


class TokenChange(Body):
    """What may be changed of a personal API token."""

    name = Text(least=1)
    limits = fields.Nested(BoundsField, allow_none=True, metadata=TOKEN_LIMITS)


class TokenOut(Schema):
    """A personal API token; ``token`` is there once, when it is made."""

    _id = fields.String(attribute="id")
    name = fields.String()
    token = fields.String()
    expires_at = Moment(allow_none=True)
    createdAt = Moment(attribute="created_at")
    limits = fields.Nested(BoundsField)


class UserChange(Body):
    """What an admin changes of an account."""

    name = Text(least=1)
    role = fields.Enum(Role, by_value=True)
    active = Switch()
    disabled = Switch(metadata={"description": "The opposite of `active`; send one of them."})

    @validates_schema
    def _one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("active", ...) is data.get("disabled"):
            raise ValidationError("Contradicts active.", "disabled")

    @post_load
    def _as_active(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """``active`` alone, however it was said."""
        disabled = data.pop("disabled", None)
        return data if disabled is None else {**data, "active": not disabled}
