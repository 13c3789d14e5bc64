from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid
from services.guides.template import FILTERS, LONGEST_TEXT, MOST_PLACES, GuideText

NAMES = ("a", "b", "ação")
PLAIN = st.text(st.characters(exclude_characters="{}\r\n", exclude_categories=["Cs"]), max_size=40)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WORDS_OF_CODE = """
    {{ }} {% %} {# #} a b | upper ( ) . __class__ ' - [ 0 for x in if endif endfor import set = raw endraw * ~ ,
"""
MARKS = st.sampled_from([*WORDS_OF_CODE.split(), " ", "\n"])


def render(body: str, **values: str | int) -> str:
    return GuideText(body).render(values)


@given(
    st.lists(st.tuples(PLAIN, st.sampled_from(NAMES)), max_size=8),
    PLAIN,
    st.lists(WORDS, min_size=3, max_size=3),
)
def test_each_name_is_replaced_by_its_value_and_nothing_else_is_touched(
    parts: list[tuple[str, str]], end: str, values: list[str]
) -> None:
    given_ = dict(zip(NAMES, values, strict=True))
    body = "".join(f"{text}{{{{ {name} }}}}" for text, name in parts) + end

    text = GuideText(body)

    assert set(text.names) == {name for _, name in parts}
    assert text.render(given_) == "".join(before + given_[name] for before, name in parts) + end


@dataclass
class Expected:
    field: str = "body"


@contextmanager
def refused() -> Iterator[Expected]:
    """Lets through that the field was named as not fitting, and nothing else that goes wrong."""
    expected = Expected()
    problems: list[Invalid] = []
    try:
        yield expected
    except Invalid as problem:
        problems.append(problem)
    assert all(list(one.details) == [expected.field] for one in problems)


@given(st.lists(MARKS, max_size=30).map("".join))
def test_any_text_is_either_refused_or_made_of_itself_and_its_values(body: str) -> None:
    with refused() as problem:
        text = GuideText(body)
        problem.field = "variables"
        shown = text.render(dict.fromkeys(text.names, "€"))
        assert shown.count("€") <= body.count("{{")
        assert len(shown) <= len(body)


@pytest.mark.parametrize(
    "body",
    [
        "{{ a.__class__ }}",
        "{{ a['b'] }}",
        "{{ a() }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ a * 1000 }}",
        "{{ 'x' }}",
        "{{ [a] }}",
        "{{ a if b else a }}",
        "{{ a is defined }}",
        "{{ a ~ b }}",
        "{{ a | replace('a', 'aaaaaaaa') }}",
        "{{ a | attr('x') }}",
        "{{ a | map('upper') }}",
        "{{ a | default(b) }}",
        "{{ a | default(*b) }}",
        "{{ a | truncate(999999999) }}",
        "{{ a | upper | lower | upper | lower | upper }}",
        "{% for a in b %}{{ a }}{% endfor %}",
        "{% if a %}x{% endif %}",
        "{% set a = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% macro a() %}{% endmacro %}",
        "{% block a %}{% endblock %}",
        "{{ a",
        "{{ }}",
        "{{ 1a }}",
        "{% nonsense %}",
        "{{ " + "(" * 5000,
        "{{ a" + "|upper" * 8000 + " }}",
        "{{ " + "a." * 8000 + "a }}",
        "{{ a }}" * (MOST_PLACES + 1),
        "x" * 50_001,
    ],
    ids=lambda body: body[:30],
)
def test_what_is_more_than_names_and_filters_is_refused(body: str) -> None:
    with pytest.raises(Invalid) as refused:
        GuideText(body)
    assert list(refused.value.details) == ["body"]


def test_markdown_stays_as_it_is() -> None:
    body = "# Título {#ancora}\n\n- *um* `{a}` {x: {y: 1}}\n- <b>&amp;</b> 100%\n"

    assert render(body) == body
    assert render("{% raw %}{{ a }}{% endraw %}") == "{{ a }}"


def test_a_value_is_text_whatever_stands_in_it() -> None:
    assert render("{{ a }}", a="{{ b }} {% if %} <b>") == "{{ b }} {% if %} <b>"


def test_filters() -> None:
    assert render("{{ a | trim | upper }}, {{ b | default('?', true) }}", a=" ana ", b="") == "ANA, ?"
    assert render("{{ a | truncate(5, true, '…') }}", a="abcdefghijkl") == "abcd…"
    assert len(FILTERS) == 9


def test_a_text_that_becomes_too_long_is_refused() -> None:
    with pytest.raises(Invalid, match=str(LONGEST_TEXT)):
        render("{{ a }}" * 6, a="x" * 10_000)


def test_a_filter_that_does_not_fit_a_value_is_said() -> None:
    with pytest.raises(Invalid, match="filter"):
        render("{{ a | round }}", a="x")
