"""JSON as models write it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.loose_json import NoJson, read_loose_json

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
PLAIN = st.text("abcdefghij éãß1234", min_size=1, max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(WORDS, VALUES, min_size=1, max_size=4)
TAME = st.dictionaries(PLAIN, st.lists(PLAIN | st.integers(0, 99) | st.booleans(), max_size=3), min_size=1)


@settings(max_examples=40)
@given(OBJECTS)
def test_json_is_read_as_it_is(value: dict[str, Any]) -> None:
    assert read_loose_json(json.dumps(value)).value == value


@settings(max_examples=40)
@given(TAME)
@pytest.mark.parametrize(
    "written",
    [
        lambda value: f"```json\n{json.dumps(value, indent=2)}\n```",
        lambda value: f"Claro! Segue o {{quiz}}:\n{json.dumps(value)}\nAté logo [1].",
        lambda value: re.sub(r"([\]}])", r" ,\1", json.dumps(value)).replace("[ ,]", "[]"),
        str,
        lambda value: json.dumps(json.dumps(value)),
        lambda value: f"<think>{{no}}</think>\n{json.dumps(value)} // over",
        lambda value: f"{json.dumps(value)[:-1]}",
    ],
    ids=["fences", "prose", "commas", "quotes", "twice", "thoughts", "bracket"],
)
def test_what_models_do_to_it_changes_nothing(written: Any, value: dict[str, Any]) -> None:
    found = read_loose_json(written(value))
    assert (found.value, found.is_cut) == (value, False)


@settings(max_examples=40)
@given(TAME, st.data())
def test_what_is_cut_off_is_never_taken_for_the_whole(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    end = data.draw(st.integers(0, len(text) - 1))
    try:
        found = read_loose_json(text[:end])
    except NoJson:
        return
    if not found.is_cut:
        assert found.value.items() <= value.items() or found.value in value.values()


@settings(max_examples=40)
@given(st.text(max_size=80) | st.text("{}[]\"',:\\ab1 ", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_loose_json(text)
    except NoJson:
        return
    json.dumps(found.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 'it's fine', b: True, c: None}", {"a": "it's fine", "b": True, "c": None}),
        ('{"a": "He said "yes" to me"}', {"a": 'He said "yes" to me'}),
        ('{“a”: “x”, /* one */ "b": .5 // two\n}', {"a": "x", "b": 0.5}),
        ('{"a": "one\ntwo" "b": \'\\u00e9\'}', {"a": "one\ntwo", "b": "é"}),
        ('{"short": 1} and then {"longer": [1, 2, 3]}', {"longer": [1, 2, 3]}),
        ('[{"q": 1}, {"q": 2}]', [{"q": 1}, {"q": 2}]),
        ('{"a": Infinity, "b": NaN}', {"a": None, "b": None}),
    ],
)
def test_liberties_are_put_up_with(text: str, value: Any) -> None:
    assert read_loose_json(text).value == value


@pytest.mark.parametrize("text", ["", "nothing", "so {} it is", '{"a" 1}', "[" * 500, '{"a":' * 500])
def test_what_holds_none_is_refused(text: str) -> None:
    with pytest.raises(NoJson):
        read_loose_json(text)
