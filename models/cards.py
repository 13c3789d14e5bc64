"""Cards: what a model makes of a prompt, in the fields of a template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.chats import Tokens

PLACEHOLDER = "placeholder"
MOST_FIELDS, DEEPEST = 30, 4
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_BOUNDS = ("minLength", "maxLength", "minItems", "maxItems")
_KINDS: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("minimum", (int, float), "a number"),
    ("maximum", (int, float), "a number"),
    ("title", (str,), "a text"),
    ("description", (str,), "a text"),
)
_KEYWORDS = frozenset({
    "type", "title", "description", "examples", "properties", "required", "items", "enum", "minimum", "maximum",
    "additionalProperties", *_BOUNDS,
})  # fmt: skip
_TYPES = ("object", "array", "string", "integer", "number", "boolean")


class PictureState(StrEnum):
    """How far a card's picture has come; ``failed`` leaves the card its placeholder."""

    NONE = "none"
    DRAWING = "drawing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Template:
    """A kind of card. One without an owner is built in.

    ``image_prompt`` and ``instruction`` are for the models; ``stay_in_role`` says how a request for something
    else is brought back. ``samples`` are cards that are made without a model.
    """

    name: str
    title: str
    schema: Mapping[str, Any]
    instruction: str = ""
    image_prompt: str = ""
    stay_in_role: str = ""
    owner_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    samples: Sequence[Mapping[str, Any]] = ()

    @property
    def is_built_in(self) -> bool:
        """Whether everybody has it and nobody changes it."""
        return not self.owner_id


@dataclass(frozen=True)
class CardWanted:
    """Cards as they are asked for: one for each of ``models``, an empty name being the usual model."""

    template: str
    prompt: str
    models: tuple[str, ...] = ("",)
    image: bool = True
    assistant_id: str = ""


@dataclass(frozen=True)
class NoCard:
    """A model that made no card, and why: a machine code and a sentence."""

    model: str
    code: str
    message: str


@dataclass(frozen=True)
class CardsDone:
    """What became of a wish in the background: the cards' ids, and what was not made."""

    card_ids: tuple[str, ...]
    failed: tuple[NoCard, ...] = ()
    several: bool = False


@dataclass(frozen=True)
class Card:
    """A card of a person's (``owner_id``), or of an assistant of theirs.

    ``model`` wrote it, ``image_model`` drew the picture that is shown (empty without one). ``note`` is what the
    model says beside it. ``is_plain``: made without a model. ``share`` opens it to whoever knows that word.
    """

    id: str
    owner_id: str
    template: str
    model: str
    fields: Mapping[str, Any]
    created_at: datetime
    assistant_id: str = ""
    prompt: str = ""
    name: str = ""
    note: str = ""
    is_plain: bool = False
    picture: PictureState = PictureState.NONE
    image_model: str = ""
    image_error: str = ""
    share: str = ""
    tokens: Tokens = field(default_factory=Tokens)


def name_of(fields: Mapping[str, Any]) -> str:
    """What a card is called: its ``name`` or ``title``, else its first text."""
    texts = [fields.get("name"), fields.get("title"), *fields.values()]
    return next((one.strip() for one in texts if isinstance(one, str) and one.strip()), "")[:200]


def schema_problems(schema: Mapping[str, Any]) -> list[str]:
    """What keeps a JSON Schema from being a template's: a small part of the standard, an object at its top."""
    if schema.get("type") != "object":
        return ["Must be of type object."]
    problems: list[str] = []
    _collect(schema, "", 0, problems)
    return problems


def _collect(schema: Any, path: str, depth: int, problems: list[str]) -> None:
    where = path or "the schema"
    if not isinstance(schema, dict) or depth > DEEPEST:
        problems.append(f"{where}: must be a schema, at most {DEEPEST} levels deep.")
        return
    problems += [f"{where}: {problem}" for problem in _keyword_problems(schema)]
    if schema.get("type") == "object":
        _collect_fields(schema, path, depth, problems)
    elif schema.get("type") == "array":
        _collect(schema.get("items"), f"{path}[]", depth + 1, problems)


def _keyword_problems(schema: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the keywords of one level by themselves."""
    unknown = sorted(schema.keys() - _KEYWORDS)
    if unknown:
        yield f"{', '.join(unknown)[:80]} is not supported."
    if schema.get("type") not in _TYPES:
        yield f"type must be one of {', '.join(_TYPES)}."
    for bound in _BOUNDS:
        value = schema.get(bound, 0)
        if type(value) is not int or not 0 <= value <= 10_000:
            yield f"{bound} must be from 0 to 10000."
    for name, kinds, what in _KINDS:
        if type(schema.get(name, kinds[0]())) not in kinds:
            yield f"{name} must be {what}."
    choices = schema.get("enum", [""])
    if not isinstance(choices, list) or not choices or not all(isinstance(one, str) for one in choices):
        yield "enum must be a list of texts."
    if type(schema.get("additionalProperties", False)) is not bool:
        yield "additionalProperties must be true or false."


def _collect_fields(schema: dict[str, Any], path: str, depth: int, problems: list[str]) -> None:
    where, properties, required = path or "the schema", schema.get("properties"), schema.get("required", [])
    if not isinstance(properties, dict) or not 1 <= len(properties) <= MOST_FIELDS:
        problems.append(f"{where}: properties must name 1 to {MOST_FIELDS} fields.")
        return
    problems += [
        f"{where}: the field {name[:40]!r} must be letters, digits and _."
        for name in properties
        if not _FIELD.fullmatch(name)
    ]
    if not isinstance(required, list) or any(one not in properties for one in required):
        problems.append(f"{where}: required must list fields of its properties.")
    for name, one in properties.items():
        _collect(one, f"{path}.{name}".lstrip("."), depth + 1, problems)


def lines_of(fields: Mapping[str, Any], schema: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """A card's fields for readers, in the order of the template: each a label and its lines, the name left out."""
    properties = schema.get("properties", {})
    order = [*(one for one in properties if one in fields), *(one for one in fields if one not in properties)]
    shown = [
        (properties.get(one, {}).get("title") or label_of(one), _lines(fields[one]), one) for one in order
    ]
    name = name_of(fields)
    return [(label, lines) for label, lines, _ in shown if lines and lines != [name]]


def label_of(field_name: str) -> str:
    """A field's name as a reader sees it."""
    return field_name.replace("_", " ").strip().capitalize()


def _lines(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [
            line for one in value for line in ([_one_line(one)] if isinstance(one, Mapping) else _lines(one))
        ]
    if isinstance(value, Mapping):
        return [f"{label_of(name)}: {', '.join(_lines(one))}" for name, one in value.items()]
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()
    return [text] if text else []


def _one_line(value: Mapping[str, Any]) -> str:
    """``Lime: 1`` for two fields; with more each is labelled."""
    if len(value) <= 2:
        return ": ".join(", ".join(_lines(one)) for one in value.values())
    return "; ".join(_lines(value))
