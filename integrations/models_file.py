"""The model catalogue as a file: ``models.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from kit.errors import SettingsError
from models.catalogue import OFFLINE, JsonMode, ModelEntry, Origin, Provider, cycle_in, entry_problems

_TEXTS = frozenset({"name", "provider", "model", "base_url", "api_key"})
_WHOLE = frozenset({"context", "max_tokens", "max_concurrent"})
_NUMBERS = frozenset({"price_in", "price_out", "temperature", "top_p", "timeout_s"})
_FROM_ENVIRONMENT = "env:"


def read_models_file(path: Path, variable: Callable[[str], str | None]) -> tuple[ModelEntry, ...]:
    """The entries of every ``[[models]]`` table, in their order.

    An ``api_key`` of ``env:NAME`` is what ``variable`` gives for the name. ``SettingsError`` says which entry
    does not fit, and why.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"MODELS_FILE: {path} cannot be read ({problem.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"MODELS_FILE: {path} is not TOML: {problem}") from None
    tables = content.pop("models", None)
    if content or not isinstance(tables, list) or not tables:
        raise SettingsError(f"MODELS_FILE: {path} holds [[models]] tables, at least one, and nothing else.")
    entries: dict[str, ModelEntry] = {}
    for number, table in enumerate(tables, start=1):
        entry = _entry(table, number, variable)
        if entry.name in entries or entry.name == OFFLINE:
            raise SettingsError(f"MODELS_FILE: there are two models {entry.name}.")
        entries[entry.name] = entry
    for entry in entries.values():
        _check_fallbacks(entry, entries)
    return tuple(entries.values())


def _entry(table: Any, number: int, variable: Callable[[str], str | None]) -> ModelEntry:
    named = table.get("name") if isinstance(table, dict) else None
    where = f"MODELS_FILE: model {named if isinstance(named, str) and named else number}"
    if not isinstance(table, dict):
        raise SettingsError(f"{where}: must be a table.")
    known = {one.name for one in fields(ModelEntry)} - {"origin"}
    for name, value in table.items():
        if name not in known:
            raise SettingsError(f"{where}: {name} is not known.")
        if not _fits(name, value):
            raise SettingsError(f"{where}: {name} cannot be {value!r}.")
    if not named or table.get("provider") not in set(Provider):
        raise SettingsError(f"{where}: needs a name, and a provider of {', '.join(Provider)}.")
    values = {
        **table,
        "provider": Provider(table["provider"]),
        "fallbacks": tuple(table.get("fallbacks", ())),
        "json_mode": JsonMode(table.get("json_mode", JsonMode.AUTO)),
    }
    values["api_key"] = _key(table.get("api_key", ""), where, variable)
    entry = ModelEntry(**values, origin=Origin.FILE)
    for name, problems in entry_problems(entry).items():
        raise SettingsError(f"{where}: {name}: {problems[0]}")
    return entry


def _fits(name: str, value: Any) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name == "json_mode":
        return isinstance(value, str) and value in set(JsonMode)
    if name in _WHOLE:
        return type(value) is int
    if name in _NUMBERS:
        return type(value) in (int, float)
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _key(text: str, where: str, variable: Callable[[str], str | None]) -> str:
    if not text.startswith(_FROM_ENVIRONMENT):
        return text
    name = text.removeprefix(_FROM_ENVIRONMENT).strip()
    key = variable(name)
    if not key:
        raise SettingsError(f"{where}: api_key names the variable {name}, which is not set.")
    return key


def _check_fallbacks(entry: ModelEntry, entries: Mapping[str, ModelEntry]) -> None:
    missing = [name for name in entry.fallbacks if name not in entries and name != OFFLINE]
    if missing:
        raise SettingsError(
            f"MODELS_FILE: model {entry.name}: there is no model {missing[0]} to fall back to."
        )
    way = cycle_in(entries, entry.name)
    if way:
        raise SettingsError(f"MODELS_FILE: fall-backs go in a circle: {' → '.join(way)}.")
