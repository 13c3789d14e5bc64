"""Guides and their variables."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from models.guides import LONGEST_BODY, LONGEST_VALUE, MOST_CHOICES, MOST_VARIABLES, VariableType
from routes.schemas.chats import MESSAGE_LENGTH
from routes.schemas.fields import (
    AS_IT_WAS,
    NAME_LENGTH,
    Body,
    ListArguments,
    Moment,
    Switch,
    Text,
    WholeNumber,
    unstorable,
)

SCALAR = {"description": "A string, a number, or true or false, by the variable's type."}


class Scalar(fields.Raw):
    """A string, a number or a truth value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str | int | float | bool):
            raise ValidationError("Neither text nor number, true or false.")
        problem = unstorable(value) if isinstance(value, str) else None
        if problem:
            raise ValidationError(problem)
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise ValidationError(f"Longer than {LONGEST_VALUE} characters.")
        return value


class Values(fields.Dict):
    """Values by name, whose problems are told by name too."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # marshmallow's
        except ValidationError as problem:
            found = problem.messages
            if not isinstance(found, dict):
                raise
            raise ValidationError({name: _of_either(one) for name, one in found.items()}) from None


def _of_either(problems: Any) -> list[str]:
    """What is wrong with a name and with its value, in one list."""
    return [text for part in problems.values() for text in part] if isinstance(problems, dict) else problems


class VariableIn(Body):
    """A variable that stands in the text as ``{{ name }}``."""

    name = Text(64, least=1, required=True, metadata={"example": "servico"})
    label = Text(NAME_LENGTH, load_default="", metadata={"description": "How a person is asked for it."})
    required = Switch(load_default=True)
    default = Scalar(load_default=None, allow_none=True, metadata=SCALAR)
    type = fields.Enum(VariableType, by_value=True, load_default=VariableType.TEXT)
    choices = fields.List(
        Scalar(metadata=SCALAR), load_default=list, validate=validate.Length(max=MOST_CHOICES)
    )


class GuideIn(Body):
    """A new guide of an assistant."""

    name = Text(NAME_LENGTH, least=1, required=True, metadata={"example": "Orçamento"})
    body = Text(
        LONGEST_BODY,
        least=1,
        required=True,
        metadata={"description": "Markdown.", "example": "Faça um orçamento de **{{ servico }}**."},
    )
    variables = fields.List(
        fields.Nested(VariableIn), load_default=list, validate=validate.Length(max=MOST_VARIABLES)
    )
    assistant_id = Text(64, required=True)


class GuideChange(Body):
    """What is to change; what is left out stays, what is read-only may come back as it was."""

    name = Text(NAME_LENGTH, least=1, load_default=None)
    body = Text(LONGEST_BODY, least=1, load_default=None)
    variables = fields.List(
        fields.Nested(VariableIn), load_default=None, validate=validate.Length(max=MOST_VARIABLES)
    )
    assistant_id = Text(64, load_default="")
    _id = fields.String(metadata=AS_IT_WAS)
    id = fields.String(metadata=AS_IT_WAS)
    createdAt = fields.String(metadata=AS_IT_WAS)
    # Not compared: a guide that was got before another change may be sent back all the same.
    version = fields.Integer(metadata={"description": "Ignored."})
    changed_by = fields.String(metadata={"description": "Ignored."})
    updatedAt = Moment(metadata={"description": "Ignored."})


READ_ONLY = ("_id", "id", "createdAt")


class VariableOut(Schema):
    """A variable as it is kept."""

    name = fields.String()
    label = fields.String()
    required = fields.Boolean()
    default = fields.Raw(allow_none=True, metadata=SCALAR)
    type = fields.Enum(VariableType, by_value=True)
    choices = fields.List(fields.Raw(metadata=SCALAR))


class GuideOut(Schema):
    """A guide, or one of its versions."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    assistant_id = fields.String()
    name = fields.String()
    body = fields.String()
    variables = fields.List(fields.Nested(VariableOut))
    version = fields.Integer()
    changed_by = fields.String(
        attribute="changed_by_name", metadata={"description": "Who made this version, by name."}
    )
    createdAt = Moment(attribute="created_at")
    updatedAt = Moment(attribute="updated_at", metadata={"description": "When this version was made."})


class GuideListArguments(ListArguments):
    """Whose guides are wanted."""

    assistant_id = Text(64, load_default="")


class RestoreIn(Body):
    """The version to be had back."""

    version = WholeNumber(1, 10**8 - 1, required=True)


class FilledIn(Body):
    """Values for a guide's variables."""

    variables = Values(
        keys=Text(64),
        values=Scalar(allow_none=True, metadata=SCALAR),
        load_default=dict,
        metadata={"description": "Name to value.", "example": {"servico": "limpeza"}},
    )


class RunIn(FilledIn):
    """Values, and what the model is asked."""

    message = Text(
        MESSAGE_LENGTH,
        load_default="",
        allow_none=True,
        metadata={"description": "Without one the filled guide itself is what is asked."},
    )
    model = Text(200, load_default="", allow_none=True)


class RenderedOut(Schema):
    """A guide with its variables filled."""

    text = fields.String()
