"""Answers of a fixed shape: read tolerantly, checked, asked for again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.catalogue import JsonMode, ModelEntry, Provider
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelAnswerInvalid,
    ModelError,
    ModelRefused,
    ModelShapeRefused,
    ModelTimedOut,
)
from models.routing import Attempt, Routing
from services.llm.base import CompletionSteps
from services.llm.catalogue import Catalogue
from services.structured.ask_structured import AskStructured, Shape
from services.structured.fit_schema import fitted, problems_of
from services.structured.ways import response_format

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "count": {"type": "integer", "minimum": 0},
        "steps": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "note": {"type": "string"},
    },
    "required": ["name", "count", "steps"],
    "additionalProperties": False,
}
GOOD = {"name": "Negroni", "count": 3, "steps": ["Stir."]}
REQUEST = CompletionRequest((PromptMessage("user", "Go."),), "served")
SHAPE = Shape("card", SCHEMA)


class Scripted:
    """A model that gives these answers in turn, or raises them."""

    def __init__(self, *answers: str | ModelError | Completion) -> None:
        self.answers = list(answers)
        self.asked: list[CompletionRequest] = []

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer if isinstance(answer, Completion) else Completion(answer, "served", Tokens(5, 3))

    def stream(self, request: CompletionRequest) -> CompletionSteps:
        raise NotImplementedError


def asking(
    model: Scripted, provider: Provider = Provider.OPENAI, json_mode: JsonMode = JsonMode.AUTO
) -> AskStructured:
    entry = ModelEntry("served", provider, base_url="http://127.0.0.1:9", json_mode=json_mode)
    return AskStructured(complete=model, catalogue=Catalogue(fixed=(entry,), default_model="served"))


def test_a_good_answer_is_taken_and_asked_for_by_schema() -> None:
    model = Scripted(json.dumps(GOOD))
    found = asking(model).ask(REQUEST, SHAPE)
    assert (found.value, found.model, found.asked, found.tokens) == (GOOD, "served", 1, Tokens(5, 3))
    assert model.asked[0].extra == {"response_format": response_format(SHAPE)}
    assert "JSON Schema" in model.asked[0].messages[0].content


def test_what_was_wrong_is_said_and_asked_for_again() -> None:
    model = Scripted("{}", '{"name": "", "count": -1}', f"So: {GOOD}")
    found = asking(model).ask(REQUEST, SHAPE)
    assert (found.value, found.asked, found.tokens) == (GOOD, 3, Tokens(15, 9))
    last = [one.content for one in model.asked[2].messages]
    assert last[1:3] == ["Go.", '{"name": "", "count": -1}']
    assert "count: -1 is less than the minimum" in last[3]
    assert "'steps' is a required property" in last[3]


def test_after_two_repairs_it_fails_with_what_was_wrong() -> None:
    model = Scripted(*["I'd rather not."] * 5)
    with pytest.raises(ModelAnswerInvalid) as caught:
        asking(model).ask(REQUEST, SHAPE)
    assert len(model.asked) == 3
    assert caught.value.details == {"answer": ["There is no json object in it."]}


def test_a_cut_answer_is_not_taken() -> None:
    model = Scripted('{"name": "A", "count": 1, "steps": ["a", "b"', json.dumps(GOOD))
    assert asking(model).ask(REQUEST, SHAPE).value == GOOD


def test_what_no_schema_can_say_is_checked_too() -> None:
    shape = Shape("card", SCHEMA, check=lambda value: [] if value["count"] == 3 else ["count must be three"])
    model = Scripted(json.dumps({**GOOD, "count": 2}), json.dumps(GOOD))
    assert asking(model).ask(REQUEST, shape).asked == 2
    assert "count must be three" in model.asked[1].messages[-1].content


@pytest.mark.parametrize("then", [["{}", "{}"], [json.dumps({**GOOD, "count": 1}), "no"], [ModelTimedOut()]])
def test_what_could_be_better_is_asked_for_and_taken_where_nothing_better_comes(
    then: list[str | ModelError],
) -> None:
    shape = Shape(
        "card", SCHEMA, wish=lambda value: [] if value["count"] == 3 else ["count had better be three"]
    )
    plain = {**GOOD, "count": 2}
    assert asking(Scripted(json.dumps(plain), json.dumps(GOOD))).ask(REQUEST, shape).value == GOOD

    model = Scripted(json.dumps(plain), *then)
    found = asking(model).ask(REQUEST, shape)
    assert (found.value, found.tokens.output) == (plain, 3 * (1 + sum(isinstance(one, str) for one in then)))
    assert "count had better be three" in model.asked[1].messages[-1].content


def test_a_model_that_refuses_a_schema_is_asked_in_words_from_then_on() -> None:
    model = Scripted(ModelRefused(), json.dumps(GOOD), json.dumps(GOOD))
    ask = asking(model)
    for _ in range(2):
        assert ask.ask(REQUEST, SHAPE).value == GOOD
    assert [bool(one.extra) for one in model.asked] == [True, False, False]


def called(arguments: str, name: str = "card") -> Completion:
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return Completion("", "served", Tokens(5, 3), "tool_calls", (call,))


def ways_asked(model: Scripted) -> list[str]:
    """By schema, as a tool call, or in words, of each call."""
    return [
        next((one for one in ("response_format", "tools") if one in asked.extra), "") for asked in model.asked
    ]


def test_a_server_that_names_what_it_refuses_is_asked_in_the_next_way_from_then_on() -> None:
    model = Scripted(ModelShapeRefused(), called(json.dumps(GOOD)), called("{}"), called(json.dumps(GOOD)))
    ask = asking(model)
    for _ in range(2):
        assert ask.ask(REQUEST, SHAPE).value == GOOD
    assert ways_asked(model) == ["response_format", "tools", "tools", "tools"]
    sent = model.asked[1].extra
    assert sent["tools"][0]["function"]["parameters"] == SCHEMA
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "card"}}
    assert "calling the function card" in model.asked[1].messages[0].content
    assert model.asked[3].messages[-2].content == "{}"


def test_neither_schema_nor_tools_leaves_words() -> None:
    model = Scripted(ModelShapeRefused(), ModelShapeRefused(), json.dumps(GOOD), json.dumps(GOOD))
    ask = asking(model)
    for _ in range(2):
        assert ask.ask(REQUEST, SHAPE).value == GOOD
    assert ways_asked(model) == ["response_format", "tools", "", ""]


@pytest.mark.parametrize(
    ("provider", "json_mode", "way"),
    [
        (Provider.OPENAI, JsonMode.SCHEMA, "response_format"),
        (Provider.OPENAI, JsonMode.TOOL, "tools"),
        (Provider.OPENAI, JsonMode.INSTRUCTION, ""),
        (Provider.LANGCHAIN, JsonMode.AUTO, "tools"),
        (Provider.HTTP, JsonMode.TOOL, ""),
    ],
)
def test_a_model_is_asked_as_its_entry_says(provider: Provider, json_mode: JsonMode, way: str) -> None:
    model = Scripted(json.dumps(GOOD))  # also of a server that was told of a function and writes instead
    assert asking(model, provider, json_mode).ask(REQUEST, SHAPE).value == GOOD
    assert ways_asked(model) == [way]


def test_what_an_entry_says_is_not_gone_round() -> None:
    model = Scripted(ModelShapeRefused(), json.dumps(GOOD))
    with pytest.raises(ModelShapeRefused):
        asking(model, json_mode=JsonMode.TOOL).ask(REQUEST, SHAPE)


def test_a_bad_key_is_not_tried_three_times() -> None:
    model = Scripted(ModelRefused(details={"status": 401}))
    with pytest.raises(ModelRefused):
        asking(model).ask(REQUEST, SHAPE)


def test_the_function_that_was_asked_for_is_read_before_another() -> None:
    good, other = called(json.dumps(GOOD)), called('{"name": 1}', name="search")
    both = Completion("Calling.", "served", tool_calls=(*other.tool_calls, *good.tool_calls))
    assert asking(Scripted(both)).ask(REQUEST, SHAPE).value == GOOD


def test_the_refusal_of_a_schema_is_no_reason_for_another_model() -> None:
    routing = Routing((Attempt("served", "model_refused"), Attempt("other", "answered")))
    other = Completion(json.dumps(GOOD), "other", routing=routing)
    model = Scripted(other, json.dumps(GOOD))
    assert asking(model).ask(REQUEST, SHAPE).model == "served"


def test_other_models_are_asked_in_words_alone() -> None:
    model = Scripted(json.dumps(GOOD))
    asking(model, Provider.HTTP).ask(REQUEST, SHAPE)
    assert model.asked[0].extra == {}


@pytest.mark.parametrize(
    ("problem", "raised"), [(ModelTimedOut(), ModelTimedOut), (ModelAnswerBroken(), ModelAnswerInvalid)]
)
def test_a_model_that_does_not_answer_is_not_asked_again(
    problem: ModelError, raised: type[ModelError]
) -> None:
    model = Scripted(problem)
    with pytest.raises(raised):
        asking(model).ask(REQUEST, SHAPE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({**GOOD, "count": "3"}, GOOD),
        ({**GOOD, "count": 3.0, "note": None, "extra": 1}, GOOD),
        ({**GOOD, "steps": "Stir."}, GOOD),
        ({"card": GOOD}, GOOD),
        ([GOOD], GOOD),
        ({"Name": "Negroni", "COUNT": 3, "steps": ["Stir."]}, GOOD),
        ({**GOOD, "name": 7}, {**GOOD, "name": "7"}),
    ],
)
def test_what_any_reader_takes_for_granted_is_put_right(value: Any, expected: Any) -> None:
    assert fitted(value, SCHEMA) == expected
    assert problems_of(expected, SCHEMA) == []


VALUES = st.fixed_dictionaries(
    {
        "name": st.text(
            st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=9
        ),
        "count": st.integers(0, 10**6),
        "steps": st.lists(st.text("abc é'\"", max_size=9), min_size=1, max_size=3),
    }
)


@settings(max_examples=40)
@given(VALUES)
def test_a_valid_value_is_left_as_it_is(value: dict[str, Any]) -> None:
    assert fitted(value, SCHEMA) == value


@settings(max_examples=40)
@given(st.lists(st.one_of(st.text(max_size=30), VALUES.map(json.dumps), VALUES.map(str)), max_size=3))
def test_whatever_comes_what_is_given_fits(answers: Sequence[str]) -> None:
    model = Scripted(*answers, *["no"] * 3)
    with contextlib.suppress(ModelAnswerInvalid):
        assert problems_of(asking(model).ask(REQUEST, SHAPE).value, SCHEMA) == []
    assert len(model.asked) <= 3


def test_a_schema_is_strict_where_it_can_be() -> None:
    assert response_format(SHAPE)["json_schema"]["strict"] is False
    closed = {**SCHEMA, "required": list(SCHEMA["properties"])}
    sent = response_format(Shape("card", closed))["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["properties"]["name"] == {"type": "string"}
