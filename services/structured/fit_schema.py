"""Bring a value nearer to a schema where nothing is lost by it, and say what still does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.text.folding import fold

if TYPE_CHECKING:
    import jsonschema

Schema = Mapping[str, Any]
MOST_PROBLEMS = 12
_WHOLE = re.compile(r"\s*[+-]?\d{1,15}(?:\.0+)?\s*")
_REAL = re.compile(r"\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def fitted(value: Any, schema: Schema) -> Any:
    """The value with what any reader would take for granted put right.

    Numbers that came as text, one item where a list is due, fields that nobody asked for, optional fields that
    are ``null``, an object wrapped in another one, a list without the object around it.
    """
    if schema.get("type") == "object":
        value = _unwrapped(value, schema)
    return _fitted(value, schema)


def problems_of(value: Any, schema: Schema) -> list[str]:
    """What does not fit, as ``questions[2].answer: …``; an empty list for a valid value."""
    import jsonschema  # noqa: PLC0415  # with what it needs 4 MB, for whoever asks for a shape
    from referencing import Registry  # noqa: PLC0415  # the same

    validator = jsonschema.Draft202012Validator(schema, registry=Registry())
    found = sorted(validator.iter_errors(value), key=lambda error: [str(one) for one in error.path])
    return [_problem(error) for error in found[:MOST_PROBLEMS]]


def _problem(error: jsonschema.ValidationError) -> str:
    path = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in error.path).lstrip(".")
    said = error.message
    if error.validator in ("minItems", "maxItems") and isinstance(error.instance, list):
        bound = "at least" if error.validator == "minItems" else "at most"
        said = f"has {len(error.instance)} items, must have {bound} {error.validator_value}"
    elif len(said) > 160:
        said = f"does not fit {error.validator} {str(error.validator_value)[:80]}"
    return f"{path}: {said}" if path else said


def _unwrapped(value: Any, schema: Schema) -> Any:
    properties = schema.get("properties", {})
    if isinstance(value, list):
        lists = [name for name, one in properties.items() if one.get("type") == "array"]
        if len(lists) == 1 and list(schema.get("required", ())) == lists:
            return {lists[0]: value}
        return value[0] if len(value) == 1 else value
    if isinstance(value, dict) and len(value) == 1 and not value.keys() & properties.keys():
        inner = next(iter(value.values()))
        return _unwrapped(inner, schema) if isinstance(inner, dict | list) else value
    return value


def _fitted(value: Any, schema: Schema) -> Any:
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        return _fitted_object(value, schema)
    if kind == "array":
        items = schema.get("items", {})
        if (
            isinstance(value, str | int | float | dict)
            and not isinstance(value, bool)
            and value not in ("", {})
        ):
            value = [value]
        return [_fitted(one, items) for one in value] if isinstance(value, list) else value
    if kind in _SCALARS:
        value = _SCALARS[kind](value)
    choices = schema.get("enum")
    if choices and isinstance(value, str) and value not in choices:
        return next(
            (one for one in choices if isinstance(one, str) and fold(one) == fold(value.strip())), value
        )
    return value


def _fitted_object(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    names = {_plain(name): name for name in properties}
    found: dict[str, Any] = {}
    for name, one in value.items():
        known = name if name in properties else names.get(_plain(name), name)
        if known not in properties and schema.get("additionalProperties") is False:
            continue
        if one is None and known not in required:
            continue
        if known not in found:
            found[known] = _fitted(one, properties.get(known, {}))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", fold(name))


def _whole(value: Any) -> Any:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(float(value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _real(value: Any) -> Any:
    return float(value) if isinstance(value, str) and _REAL.fullmatch(value) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _truth(value: Any) -> Any:
    return _BOOLEANS.get(value.strip().lower(), value) if isinstance(value, str) else value


_SCALARS = {"integer": _whole, "number": _real, "string": _text, "boolean": _truth}
