"""Ask a model for an object of a given shape, and take nothing less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kit.errors import AppError
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelAnswerBroken, ModelAnswerInvalid, ModelRefused, ModelShapeRefused
from models.routing import Attempt, Routing
from models.text.loose_json import NoJson, read_loose_json
from models.tokens import fit_tokens
from services.llm.base import Model
from services.llm.catalogue import Catalogue
from services.structured.fit_schema import MOST_PROBLEMS, fitted, problems_of
from services.structured.ways import Wanted, Ways, said_in, told

REPAIRS = 2
REFUSED = ModelRefused.code
SHAPE_REFUSED = ModelShapeRefused.code
_NOT_OF_SHAPE = frozenset({401, 402, 403, 404, 413})  # what no other way of asking changes
_QUOTED_TOKENS = 3000  # of a broken answer, when it is shown to the model again
_AGAIN = (
    "That answer cannot be used:\n{problems}\n"
    "Write the whole JSON object anew with that put right, and nothing else."
)


@dataclass(frozen=True)
class Shape(Wanted):
    """What an answer has to be: a JSON Schema under a name, and what no schema can say.

    ``mend`` puts right what the caller knows how to before the value is checked; ``check`` gives what is
    wrong with a value that fits the schema, as sentences for the model. ``wish`` gives what could be better:
    the model is asked for that too, and what it gave is taken where nothing better comes.
    """

    mend: Callable[[Any], Any] = lambda value: value
    check: Callable[[Any], list[str]] = lambda _: []
    wish: Callable[[Any], list[str]] = lambda _: []


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
        self._ways = Ways()

    def ask(self, request: CompletionRequest, shape: Shape) -> Structured:
        """A value that fits; ``ModelAnswerInvalid`` with what was wrong, or why no model answered at all."""
        asking, taken = request, None
        tokens, problems, model = Tokens(), list[str](), request.model
        for asked in range(1, REPAIRS + 2):
            try:
                completion = self._completed(asking, shape)
            except AppError as problem:
                if taken is not None:
                    break
                if not isinstance(problem, ModelAnswerBroken):
                    raise
                problems = [problem.sentence]  # empty or cut short, as often as such a call is tried
                break
            tokens, model = tokens + completion.tokens, completion.model
            answer = said_in(completion, shape)
            value, problems = _read(answer, shape)
            if not problems:
                found = Structured(value, completion.model, asked, tokens, completion.routing)
                problems = shape.wish(value)[:MOST_PROBLEMS]
                if not problems:
                    return found
                taken = taken or found
            asking = replace(request, messages=_with_problems(request.messages, answer, problems))
        if taken is not None:
            return replace(taken, tokens=tokens)
        name = model or self._catalogue.default_model
        raise ModelAnswerInvalid(
            f"The model {name} gave no valid answer, though it was asked again.", details={"answer": problems}
        )

    def _completed(self, request: CompletionRequest, shape: Shape) -> Completion:
        """The answer, asked for in the ways that the model's server may take, one after the other."""
        name = request.model or self._catalogue.default_model
        entry = self._catalogue.find_or_pass_on(name)
        ways, at = self._ways.of(entry), 0
        while True:
            asking, is_last = told(request, shape, ways[at]), at == len(ways) - 1
            try:
                completion = self._complete.complete(asking)
            except ModelRefused as problem:
                refusal = _refusal_of(problem.routing.attempts) or problem.error_code
                if is_last or (refusal == REFUSED and problem.details.get("status") in _NOT_OF_SHAPE):
                    raise
            else:
                refusal = _refusal_of(completion.routing.attempts)
                if is_last or not refusal:
                    if at and entry is not None and completion.model == name:
                        self._ways.learn(entry, ways[at])
                    return completion
            # A server that does not say what it refuses is asked in words, and says itself if it was not that.
            at = at + 1 if refusal == SHAPE_REFUSED else len(ways) - 1


def _refusal_of(attempts: Sequence[Attempt]) -> str:
    """With which code the first model that was asked refused, if it did."""
    first = attempts[0].outcome if attempts else ""
    return first if first in (REFUSED, SHAPE_REFUSED) else ""


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


def _with_problems(
    messages: tuple[PromptMessage, ...], answer: str, problems: list[str]
) -> tuple[PromptMessage, ...]:
    listed = "\n".join(f"- {one}" for one in problems)
    return (
        *messages,
        PromptMessage("assistant", fit_tokens(answer, _QUOTED_TOKENS)),
        PromptMessage("user", _AGAIN.format(problems=listed)),
    )
