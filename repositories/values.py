"""What may lie in a record, and how times and text go in and come back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, TypeVar

from kit.errors import Invalid

Record = dict[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT64 = range(-(2**63), 2**63)
# nx-27017 reads a string that begins like this as a time and compares only its seconds, or nothing.
_LIKE_A_DATE = re.compile(r"\s*(\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}|\d{2}-\d{2}-\d{4}|\d{4}/\d{2}/\d{2})")
# No stored string holds a NUL: beside it, any other string stays what it is.
_NEVER_STORED = "\0"


def stored(value: Any, field: str = "") -> Any:
    """``value`` as it goes into a record; ``Invalid`` names the field that no engine could keep.

    Times become milliseconds since 1970 (UTC): nx-27017 turns a time that is set into text.
    """
    return _STORES.get(type(value), _stored_kind)(value, field)


def equal_to(value: Any) -> Any:
    """The condition that a field equals ``value``, literally, also where it begins like a date."""
    value = stored(value)
    if isinstance(value, str) and _LIKE_A_DATE.match(value):
        return {"$in": [value, _NEVER_STORED]}
    return value


def condition(value: Any) -> Any:
    """A condition of a filter: operators with their operands, or a value to equal."""
    if not isinstance(value, Mapping):
        return equal_to(value)
    if not value or not all(isinstance(name, str) and name.startswith("$") for name in value):
        raise ValueError("a condition is a value or a mapping of operators")
    return {name: _operand(name, operand) for name, operand in value.items()}


def moment(value: Any) -> datetime:
    """The time (UTC) that ``stored`` wrote."""
    return _EPOCH + int(value) * _MILLISECOND


def maybe_moment(value: Any) -> datetime | None:
    """As ``moment``, or ``None`` where none is stored."""
    return None if value is None else moment(value)


def choice(value: Any, default: Choice) -> Choice:
    """The member of ``default``'s enum, or ``default`` where a newer version wrote one unknown here."""
    try:
        return type(default)(value)
    except ValueError:
        return default


def _operand(name: str, operand: Any) -> Any:
    operand = stored(operand)
    if name == "$regex" or not _begins_like_a_date(operand):
        return operand
    if name not in ("$in", "$nin"):
        raise ValueError(f"{name}: a string that begins like a date cannot be compared")
    return [*operand, _NEVER_STORED]


def _begins_like_a_date(operand: Any) -> bool:
    texts = operand if isinstance(operand, list) else [operand]
    return any(isinstance(text, str) and _LIKE_A_DATE.match(text) for text in texts)


def _stored_kind(value: Any, field: str) -> Any:
    """What is not of a type in the table but of a kind of one: an enum's member, say."""
    if isinstance(value, Enum):
        return stored(value.value, field)
    for kind, store in _STORES.items():
        if isinstance(value, kind):
            return store(value, field)
    raise TypeError(f"{field}: {type(value).__name__} cannot lie in a record")


def _mapping(value: Mapping[Any, Any], field: str) -> Record:
    record = {}
    for key, item in value.items():
        name = _key(key, field)
        # As ``stored`` does it, and a call less for each value of a record.
        record[name] = _STORES.get(type(item), _stored_kind)(item, field or name)
    return record


def _sequence(value: Sequence[Any], field: str) -> list[Any]:
    return [stored(item, field) for item in value]


def _time(value: datetime, _field: str) -> int:
    return (value - _EPOCH) // _MILLISECOND


def _same(value: object, _field: str) -> object:
    return value


def _text(value: str, field: str) -> str:
    if "\0" in value:
        raise Invalid.field(field or "text", "holds a NUL character, which cannot be stored.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Invalid.field(field or "text", "holds half of a character pair.") from None
    return str(value)


def _whole(value: int, field: str) -> int:
    # bson.Int64, as a record gives large integers back, is made an int first: looked for in a range, a subclass
    # of int is counted up to.
    value = int(value)
    if value not in _INT64:
        raise Invalid.field(field or "number", "is larger than 64 bits hold.")
    return value


def _finite(value: float, field: str) -> float:
    if not math.isfinite(value):
        raise Invalid.field(field or "number", "is not a number that can be stored.")
    return value


def _key(key: Any, field: str) -> str:
    if not isinstance(key, str) or not key or key[0] == "$" or "." in key or "\0" in key:
        raise Invalid.field(field or str(key), "has a name within it that cannot be stored.")
    return key


_STORES: dict[type, Callable[[Any, str], Any]] = {
    str: _text,
    bool: _same,
    int: _whole,
    float: _finite,
    type(None): _same,
    datetime: _time,
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
    Mapping: _mapping,
}
