"""How models are asked for an answer of a given shape, and what was learnt of each."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.catalogue import JsonMode, ModelEntry, Provider
from models.completions import Completion, CompletionRequest, PromptMessage
from services.structured.fit_schema import Schema

_MOST_REMEMBERED = 256
_ALL = (JsonMode.SCHEMA, JsonMode.TOOL, JsonMode.INSTRUCTION)
_KNOWN: Mapping[Provider, tuple[JsonMode, ...]] = {
    Provider.OPENAI: _ALL,
    Provider.OLLAMA: _ALL,
    Provider.LANGCHAIN: _ALL[1:],
}
_IN_WORDS = _ALL[-1:]
_OBJECT = (
    "Answer with one JSON object that fits this JSON Schema, and with nothing else: no text before or after it, "
    "no code fence, no comments.\n{schema}"
)
_CALL = (
    "Give your answer by calling the function {name} once: its arguments are the answer. Should you be unable to "
    "call functions, answer with those arguments as one JSON object that fits this JSON Schema, and with nothing "
    "else.\n{schema}"
)
# Fields of JSON Schema that OpenAI's strict mode takes; what else a schema says is checked by us.
_STRICT = frozenset({
    "type", "properties", "required", "items", "enum", "description", "title", "additionalProperties",
    "minItems", "maxItems", "minimum", "maximum",
})  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is wanted: a JSON Schema under a name."""

    name: str
    schema: Schema


class Ways:
    """Which way each model is asked: as its entry says, else the first that its server did not refuse."""

    def __init__(self) -> None:
        self._learnt: dict[tuple[str, ...], JsonMode] = {}
        self._learning = threading.Lock()

    def of(self, entry: ModelEntry | None) -> tuple[JsonMode, ...]:
        """The ways to try in turn."""
        if entry is None:
            return _IN_WORDS
        if entry.json_mode is not JsonMode.AUTO:
            known = entry.json_mode in _KNOWN.get(entry.provider, _IN_WORDS)
            return (entry.json_mode,) if known else _IN_WORDS
        ways = _KNOWN.get(entry.provider, _IN_WORDS)
        learnt = self._learnt.get(_name(entry), ways[0])
        return ways[ways.index(learnt) :]

    def learn(self, entry: ModelEntry, way: JsonMode) -> None:
        """Remember the way that a model took after it refused others; of too many, all is learnt anew."""
        with self._learning:
            if len(self._learnt) >= _MOST_REMEMBERED:
                self._learnt.clear()
            self._learnt[_name(entry)] = way


def _name(entry: ModelEntry) -> tuple[str, ...]:
    return (entry.provider, entry.base_url, entry.served_as)


def told(request: CompletionRequest, wanted: Wanted, way: JsonMode) -> CompletionRequest:
    """The request with what is wanted in its first system message, and beside the prompt where ``way`` has it so."""
    text = (_CALL if way is JsonMode.TOOL else _OBJECT).format(
        name=wanted.name, schema=json.dumps(wanted.schema, ensure_ascii=False, separators=(",", ":"))
    )
    beside: Mapping[str, Any] = {}
    if way is JsonMode.SCHEMA:
        beside = {"response_format": response_format(wanted)}
    elif way is JsonMode.TOOL:
        beside = _function(wanted)
    return replace(request, messages=_instructed(request.messages, text), extra={**request.extra, **beside})


def said_in(completion: Completion, wanted: Wanted) -> str:
    """The answer as text: the arguments of the function that was called, else what was written."""
    calls = [one.get("function") for one in completion.tool_calls]
    named = [one for one in calls if isinstance(one, Mapping) and one.get("name") == wanted.name]
    for one in named or calls:
        arguments = one.get("arguments") if isinstance(one, Mapping) else None
        if isinstance(arguments, str) and arguments.strip():
            return arguments
    return completion.text


def response_format(wanted: Wanted) -> dict[str, Any]:
    """The schema as OpenAI's ``response_format``; strict where the schema lets it be."""
    body = {"name": wanted.name, "schema": wanted.schema, "strict": False}
    if _can_be_strict(wanted.schema):
        body |= {"schema": _strict(wanted.schema), "strict": True}
    return {"type": "json_schema", "json_schema": body}


def _function(wanted: Wanted) -> dict[str, Any]:
    described = {
        "name": wanted.name,
        "description": "Takes the whole answer.",
        "parameters": wanted.schema,
    }
    return {
        "tools": [{"type": "function", "function": described}],
        "tool_choice": {"type": "function", "function": {"name": wanted.name}},
    }


def _instructed(messages: tuple[PromptMessage, ...], text: str) -> tuple[PromptMessage, ...]:
    """The messages, the first system message (or a new one) ending with ``text``."""
    if messages and messages[0].role == "system":
        return (PromptMessage("system", f"{messages[0].content}\n\n{text}"), *messages[1:])
    return (PromptMessage("system", text), *messages)


def _can_be_strict(schema: Schema) -> bool:
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        whole = set(schema.get("required", ())) == set(properties)
        return closed and whole and all(map(_can_be_strict, properties.values()))
    return schema.get("type") != "array" or _can_be_strict(schema.get("items", {}))


def _strict(schema: Schema) -> dict[str, Any]:
    kept = {name: value for name, value in schema.items() if name in _STRICT}
    if "properties" in kept:
        kept["properties"] = {name: _strict(one) for name, one in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = _strict(kept["items"])
    return kept
