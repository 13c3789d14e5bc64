"""Guides: texts with variables, that a model follows or that are sent."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Value = str | int | float | bool

LONGEST_BODY = 50_000
LONGEST_VALUE = 10_000
MOST_VARIABLES = 50
MOST_CHOICES = 100


class VariableType(StrEnum):
    """What a variable holds: in JSON a string, a number, a whole number, ``true`` or ``false``, or ``2026-11-30``."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True)
class GuideVariable:
    """A place in a guide; ``label`` is how a person is asked for it, ``choices`` (if any) are all it may hold.

    Without a value it holds ``default``; one that is not required and has none is left empty.
    """

    name: str
    label: str = ""
    required: bool = True
    default: Value | None = None
    type: VariableType = VariableType.TEXT
    choices: tuple[Value, ...] = ()

    @property
    def is_asked_for(self) -> bool:
        """Whether a guide cannot be rendered without a value for it."""
        return self.required and self.default is None


@dataclass(frozen=True)
class Guide:
    """An assistant's guide as it is now, or as one of its versions was; ``changed_by`` is that one's author."""

    id: str
    assistant_id: str
    owner_id: str
    name: str
    body: str
    variables: tuple[GuideVariable, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    changed_by: str = ""
    changed_by_name: str = ""


@dataclass(frozen=True)
class GuideProgress:
    """How far a chat has come with a guide: the values that are known, and the variable that was asked for last.

    ``turn`` is the last turn whose message was read for values: none is read twice. ``is_answered`` once the model
    has answered by the filled guide.
    """

    guide_id: str
    values: Mapping[str, Value] = field(default_factory=dict)
    asked: str = ""
    turn: int = 0
    is_answered: bool = False


def is_variable_name(name: str) -> bool:
    """Whether a variable may be called so: a word of letters, digits and underscores, written in one way only."""
    return (
        0 < len(name) <= 64
        and name.isidentifier()
        and not name.startswith("_")
        and unicodedata.normalize("NFKC", name) == name
        and name.lower() not in RESERVED
    )


# Words that mean something else between the braces.
RESERVED = {
    "true",
    "false",
    "none",
    "and",
    "or",
    "not",
    "if",
    "else",
    "in",
    "is",
    "self",
    "super",
    "loop",
    "caller",
}
