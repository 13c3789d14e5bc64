"""Ask a model for an object of a given shape, and take nothing less."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from models.catalogue import Provider
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelAnswerBroken, ModelAnswerInvalid, ModelRefused
from models.routing import Routing
from models.text.loose_json import NoJson, read_loose_json
from models.tokens import fit_tokens
from services.llm.base import Model
from services.llm.catalogue import Catalogue
from services.structured.fit_schema import MOST_PROBLEMS, Schema, fitted, problems_of

REPAIRS = 2
REFUSED = ModelRefused.code
_QUOTED_TOKENS = 3000  # of a broken answer, when it is shown to the model again
_MOST_REMEMBERED = 256
_INSTRUCTION = (
    "Answer with one JSON object that fits this JSON Schema, and with nothing else: no text before or after it, "
    "no code fence, no comments.\n{schema}"
)
_AGAIN = (
    "That answer cannot be used:\n{problems}\n"
    "Write the whole JSON object anew with that put right, and nothing else."
)
# Fields of JSON Schema that OpenAI's strict mode takes; what else a schema says is checked here.
_STRICT = frozenset({
    "type", "properties", "required", "items", "enum", "description", "title", "additionalProperties",
    "minItems", "maxItems", "minimum", "maximum",
})  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What an answer has to be: a JSON Schema under a name, and what no schema can say.

    ``mend`` puts right what the caller knows how to before the value is checked; ``check`` gives what is
    wrong with a value that fits the schema, as sentences for the model.
    """

    name: str
    schema: Schema
    mend: Callable[[Any], Any] = lambda value: value
    check: Callable[[Any], list[str]] = lambda _: []


@dataclass(frozen=True)
class Structured:
    """A valid answer; ``asked`` is how often the model was asked for it, ``tokens`` are those of all of them."""

    value: Any
    model: str
    asked: int = 1
    tokens: Tokens = field(default_factory=Tokens)
    routing: Routing = field(default_factory=Routing)


class AskStructured:
    """Asks, reads what came tolerantly, checks it, and asks again with what was wrong, twice at most."""

    def __init__(self, *, complete: Model, catalogue: Catalogue) -> None:
        self._complete = complete
        self._catalogue = catalogue
        self._without: set[str] = set()  # models that refused to be told a schema beside the prompt
        self._learning = threading.Lock()

    def ask(self, request: CompletionRequest, shape: Shape) -> Structured:
        """A value that fits; ``ModelAnswerInvalid`` with what was wrong, or why no model answered at all."""
        asking = replace(request, messages=_instructed(request.messages, shape.schema))
        tokens, problems, model = Tokens(), list[str](), request.model
        for asked in range(1, REPAIRS + 2):
            try:
                completion = self._completed(asking, shape)
            except ModelAnswerBroken as broken:  # empty or cut short, as often as such a call is tried
                problems = [broken.sentence]
                break
            tokens, model = tokens + completion.tokens, completion.model
            value, problems = _read(completion.text, shape)
            if not problems:
                return Structured(value, completion.model, asked, tokens, completion.routing)
            asking = replace(
                asking, messages=_with_problems(request.messages, shape, completion.text, problems)
            )
        name = model or self._catalogue.default_model
        raise ModelAnswerInvalid(
            f"The model {name} gave no valid answer, though it was asked again.", details={"answer": problems}
        )

    def _completed(self, request: CompletionRequest, shape: Shape) -> Completion:
        """The answer, with the schema beside the prompt where the model takes it."""
        name = request.model or self._catalogue.default_model
        if not self._knows_schemas(name):
            return self._complete.complete(request)
        told = replace(request, extra={**request.extra, "response_format": response_format(shape)})
        try:
            completion = self._complete.complete(told)
        except ModelRefused:
            completion = self._complete.complete(request)  # it says itself what was wrong, if not that
        else:
            first = completion.routing.attempts[:1]
            if not (first and first[0].outcome == REFUSED):
                return completion
            completion = self._complete.complete(request)
        if completion.model == name:
            self._learn(name)
        return completion

    def _knows_schemas(self, name: str) -> bool:
        entry = self._catalogue.find_or_pass_on(name)
        speaks = entry is not None and entry.provider in (Provider.OPENAI, Provider.OLLAMA)
        return speaks and name not in self._without

    def _learn(self, name: str) -> None:
        with self._learning:
            if len(self._without) >= _MOST_REMEMBERED:
                self._without.clear()
            self._without.add(name)


def response_format(shape: Shape) -> dict[str, Any]:
    """The schema as OpenAI's ``response_format``; strict where the schema lets it be."""
    body = {"name": shape.name, "schema": shape.schema, "strict": False}
    if _can_be_strict(shape.schema):
        body |= {"schema": _strict(shape.schema), "strict": True}
    return {"type": "json_schema", "json_schema": body}


def _read(text: str, shape: Shape) -> tuple[Any, list[str]]:
    try:
        loose = read_loose_json(text)
    except NoJson as problem:
        return None, [f"{problem}".capitalize() + "."]
    value = loose.value
    if loose.is_cut:
        return value, ["It ends before it is complete; be briefer if need be."]
    value = fitted(shape.mend(fitted(value, shape.schema)), shape.schema)
    return value, (problems_of(value, shape.schema) or shape.check(value))[:MOST_PROBLEMS]


def _instructed(messages: tuple[PromptMessage, ...], schema: Schema) -> tuple[PromptMessage, ...]:
    """The messages, the first system message (or a new one) ending with what is wanted."""
    wanted = _INSTRUCTION.format(schema=json.dumps(schema, ensure_ascii=False, separators=(",", ":")))
    if messages and messages[0].role == "system":
        return (PromptMessage("system", f"{messages[0].content}\n\n{wanted}"), *messages[1:])
    return (PromptMessage("system", wanted), *messages)


def _with_problems(
    messages: tuple[PromptMessage, ...], shape: Shape, answer: str, problems: list[str]
) -> tuple[PromptMessage, ...]:
    listed = "\n".join(f"- {one}" for one in problems)
    return (
        *_instructed(messages, shape.schema),
        PromptMessage("assistant", fit_tokens(answer, _QUOTED_TOKENS)),
        PromptMessage("user", _AGAIN.format(problems=listed)),
    )


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
