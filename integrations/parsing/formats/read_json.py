"""JSON: values as "path: value" lines, the records of a list as rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Draft, Reading
from integrations.parsing.content import read_text
from integrations.parsing.tables import Header, write_table
from integrations.parsing.tidy import seen

Value = dict[str, "Value"] | list["Value"] | str | bool | None
"""Numbers are read as the text that they are written as: 45.90 stays 45.90."""

_MAX_DEPTH = 60
_TITLES = ("title", "titulo", "título", "titre", "name", "nome", "nom", "nombre")
_TOO_DEEP = "The JSON is nested too deeply to be read as text: flatten it."


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a JSON file, or one with a JSON value on each line."""
    value = _parse(read_text(path, "json", bounds))
    draft = Draft(bounds)
    _walk(draft, value, (), 1)
    if isinstance(value, dict):
        draft.title = next((text for name in _TITLES if isinstance(text := value.get(name), str)), "")
    return draft.done()


def _parse(text: str) -> Value:
    try:
        return _load(text)
    except json.JSONDecodeError as problem:
        lines = [line for line in text.splitlines() if line.strip()]
        if problem.msg != "Extra data" or len(lines) < 2:
            raise _broken(problem) from None
    try:
        return [_load(line) for line in lines]
    except json.JSONDecodeError as problem:
        raise _broken(problem) from None


def _load(text: str) -> Value:
    try:
        value: Value = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    return value


def _broken(problem: json.JSONDecodeError) -> Unreadable:
    return Unreadable(
        f"The file is named .json but is not valid JSON: {problem.msg} in line {problem.lineno}."
    )


def _walk(draft: Draft, value: Value, path: tuple[str, ...], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise Unreadable(_TOO_DEEP)
    if isinstance(value, dict):
        _write_object(draft, value, path, depth)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        _write_records(draft, value, depth)
    elif text := _scalar(value):
        draft.row(f"{'.'.join(path)}: {text}" if path else text)


def _write_object(draft: Draft, value: dict[str, Value], path: tuple[str, ...], depth: int) -> None:
    """Plain values first, so that they stand under this object's heading and not under a child's."""
    plain = {name: one for name, one in value.items() if not _has_records(one)}
    for name, one in plain.items():
        _walk(draft, one, (*path, name), depth + 1)
    for name, one in value.items():
        if name in plain:
            continue
        draft.heading(name, len(path) + 1)
        _walk(draft, one, (*path, name), depth + 1)


def _has_records(value: Value) -> bool:
    """Whether a list of records stands somewhere below, so that the name deserves a heading."""
    if isinstance(value, list):
        return any(isinstance(one, dict | list) for one in value)
    if not isinstance(value, dict):
        return False
    return any(
        isinstance(one, dict) or (isinstance(one, list) and _has_records(one)) for one in value.values()
    )


def _write_records(draft: Draft, values: list[Value], depth: int) -> None:
    if all(isinstance(one, list) and not _has_records(one) for one in values):
        table = [[_scalar(cell) for cell in row] for row in values if isinstance(row, list)]
        write_table(draft, table, Header.USUAL)
        return
    for one in values:
        record: dict[str, Value] = one if isinstance(one, dict) else {"": one}
        draft.row("; ".join(_fields(record, (), depth + 1)))


def _fields(record: dict[str, Value], path: tuple[str, ...], depth: int) -> Iterator[str]:
    """A record's values as ``name: value``, what is nested under dotted names."""
    if depth > _MAX_DEPTH:
        raise Unreadable(_TOO_DEEP)
    for name, value in record.items():
        where = (*path, name) if name else path
        if isinstance(value, dict):
            yield from _fields(value, where, depth + 1)
        elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            yield from _fields({str(n): one for n, one in enumerate(value, 1)}, where, depth + 1)
        elif text := _scalar(value):
            yield f"{'.'.join(where)}: {text}" if where else text


def _scalar(value: Value) -> str:
    """A plain value, or a list of such, as text; nothing for null and what is empty."""
    if isinstance(value, list):
        return ", ".join(text for one in value if (text := _scalar(one)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(seen(str(value)).split()) if value is not None and not isinstance(value, dict) else ""
