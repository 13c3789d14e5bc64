"""Values for a guide's variables: as a program sends them, and as a contact writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from kit.errors import Invalid
from models.guides import LONGEST_VALUE, GuideVariable, Value, VariableType
from models.text.folding import fold

_LARGEST = 10**15
_KINDS: Mapping[VariableType, tuple[tuple[type, ...], str]] = {
    VariableType.TEXT: ((str,), "Not a text."),
    VariableType.NUMBER: ((int, float), "Not a number."),
    VariableType.INTEGER: ((int,), "Not a whole number."),
    VariableType.BOOLEAN: ((bool,), "Neither true nor false."),
    VariableType.DATE: ((str,), "Not a date such as 2026-11-30."),
}
_YES = frozenset(["yes", "y", "true", "sim", "s", "claro", "oui", "o", "vrai", "si", "1"])
_NO = frozenset(["no", "n", "false", "nao", "non", "faux", "0"])
_PLAIN = re.compile(r"(?P<whole>[-+]?[0-9]{1,18})([.,](?P<part>[0-9]{1,18}))?\Z")
_BY_POINTS = re.compile(r"(?P<whole>[-+]?[1-9][0-9]{0,2}([. ][0-9]{3}){1,5})(,(?P<part>[0-9]{1,18}))?\Z")
_BY_COMMAS = re.compile(r"(?P<whole>[-+]?[1-9][0-9]{0,2}(,[0-9]{3}){1,5})(\.(?P<part>[0-9]{1,18}))?\Z")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z")


def read_value(variable: GuideVariable, value: Any) -> Value:
    """The value as sent, where it is of the variable's type and among its choices; else ``ValueError``."""
    kinds, problem = _KINDS[variable.type]
    if not isinstance(value, kinds) or (
        isinstance(value, bool) and variable.type is not VariableType.BOOLEAN
    ):
        raise ValueError(problem)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(problem)
    if isinstance(value, int | float) and abs(value) > _LARGEST:
        raise ValueError("Too large.")
    if isinstance(value, str):
        if len(value) > LONGEST_VALUE:
            raise ValueError(f"Longer than {LONGEST_VALUE} characters.")
        if variable.type is VariableType.DATE:
            found = _date(value)
            if found is None or found != value:
                raise ValueError(problem)
    if variable.choices and value not in variable.choices:
        raise ValueError(f"Must be one of: {', '.join(map(str, variable.choices))}.")
    return value if isinstance(value, str | bool | int | float) else str(value)


def read_words(variable: GuideVariable, text: str) -> Value:
    """What a contact wrote, as a value; else ``ValueError``.

    Of choices the number or the words will do, whatever their case and accents; numbers and dates may be written
    as in Portuguese, French and Spanish.
    """
    said = text.strip()
    if variable.choices:
        return _choice(variable.choices, said)
    return read_value(variable, _READERS[variable.type](said))


def fill(
    variables: Sequence[GuideVariable], sent: Mapping[str, Any], field: str = "variables"
) -> dict[str, Value]:
    """A value for each variable: the one sent, its default, or nothing; ``Invalid`` names what is wrong.

    A number will do for a text.
    """
    problems: dict[str, list[str]] = {}
    values: dict[str, Value] = {}
    known = {one.name for one in variables}
    problems.update(
        {f"{field}.{name}": ["The guide has no such variable."] for name in sent if name not in known}
    )
    for variable in variables:
        value = sent.get(variable.name)
        if value is None or (value == "" and variable.required):
            if variable.is_asked_for:
                problems[f"{field}.{variable.name}"] = ["Missing data for required field."]
            values[variable.name] = "" if variable.default is None else variable.default
            continue
        try:
            values[variable.name] = read_value(variable, _as_sent(variable, value))
        except ValueError as problem:
            problems[f"{field}.{variable.name}"] = [str(problem)]
    if problems:
        raise Invalid.fields(problems)
    return values


def _as_sent(variable: GuideVariable, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return str(value) if is_number and variable.type is VariableType.TEXT else value


def _choice(choices: Sequence[Value], said: str) -> Value:
    wanted = _plain(said)
    for choice in choices:
        if _plain(str(choice)) == wanted:
            return choice
    with suppress(ValueError):
        number = int(said.strip(" .)#"))
        if 1 <= number <= len(choices):
            return choices[number - 1]
    raise ValueError(f"Must be one of: {', '.join(map(str, choices))}.")


def _plain(text: str) -> str:
    return " ".join(fold(text).strip(" .!?\"'").split())


def _number(said: str) -> int | float:
    """``1.234,50``, ``1,234.50``, ``1 234,5`` and ``12.5``; a mark before three digits alone parts thousands."""
    grouped = _BY_POINTS.match(said) or _BY_COMMAS.match(said)
    if grouped:
        whole, part = re.sub(r"[., ]", "", grouped["whole"]), grouped["part"]
    elif plain := _PLAIN.match(said):
        whole, part = plain["whole"], plain["part"]
    else:
        raise ValueError("Not a number.")
    return float(f"{whole}.{part}") if part else int(whole)


def _integer(said: str) -> Any:
    found = _number(said)
    return int(found) if found == int(found) else found


def _boolean(said: str) -> bool:
    word = _plain(said)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("Neither yes nor no.")


def _words_of_date(said: str) -> str:
    return _date(said) or said


def _date(said: str) -> str | None:
    """The date as ``2026-11-30``, of this form or day first."""
    parts = None
    if found := _ISO_DATE.match(said):
        parts = [int(one) for one in found.groups()]
    elif found := _DAY_FIRST.match(said):
        parts = [int(one) for one in reversed(found.groups())]
    if parts is None:
        return None
    try:
        return date(*parts).isoformat()
    except ValueError:
        return None


def _text(said: str) -> str:
    if not said:
        raise ValueError("Must not be empty.")
    return said


_READERS: Mapping[VariableType, Any] = {
    VariableType.TEXT: _text,
    VariableType.NUMBER: _number,
    VariableType.INTEGER: _integer,
    VariableType.BOOLEAN: _boolean,
    VariableType.DATE: _words_of_date,
}
