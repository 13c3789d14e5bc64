from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid
from models.guides import GuideVariable, VariableType, is_variable_name
from services.guides.read_values import fill, read_value, read_words

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.text())
)


def variable(kind: str = "text", **more: Any) -> GuideVariable:
    return GuideVariable("x", type=VariableType(kind), **more)


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("text", " limpeza ", "limpeza"),
        ("number", "1.234,50", 1234.5),
        ("number", "1,234.50", 1234.5),
        ("number", "1.234", 1234),
        ("number", "2,5", 2.5),
        ("number", "-3", -3),
        ("integer", "1 200", 1200),
        ("integer", "3,0", 3),
        ("boolean", "Sim!", True),
        ("boolean", "não", False),
        ("boolean", "oui", True),
        ("date", "30/11/2026", "2026-11-30"),
        ("date", "2026-11-30", "2026-11-30"),
        ("date", "1.2.2027", "2027-02-01"),
    ],
)
def test_what_a_contact_writes_is_read(kind: str, said: str, value: Any) -> None:
    found = read_words(variable(kind), said)

    assert found == value
    assert read_value(variable(kind), found) == value


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text", "  "),
        ("number", "muito"),
        ("number", "1.2.3,4,5"),
        ("number", "9" * 400),
        ("integer", "2,5"),
        ("boolean", "talvez"),
        ("date", "31/02/2026"),
        ("date", "amanhã"),
        ("text", "x" * 10_001),
    ],
)
def test_what_does_not_fit_is_said(kind: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_words(variable(kind), said)


@pytest.mark.parametrize("said", ["canal", "CANAL", "2", "2.", " Canál "])
def test_a_choice_by_its_words_or_its_number(said: str) -> None:
    assert read_words(variable(choices=("limpeza", "canal")), said) == "canal"


def test_no_other_than_the_choices() -> None:
    with pytest.raises(ValueError, match="limpeza, canal"):
        read_words(variable(choices=("limpeza", "canal")), "3")


@given(st.sampled_from(list(VariableType)), ANYTHING)
def test_a_value_is_taken_as_it_is_or_refused(kind: VariableType, value: Any) -> None:
    try:
        taken = read_value(GuideVariable("x", type=kind), value)
    except ValueError:
        return
    assert taken == value
    assert type(taken) is type(value)


@given(st.sampled_from(list(VariableType)), st.text(max_size=30))
def test_what_is_read_from_words_is_a_value(kind: VariableType, said: str) -> None:
    one = GuideVariable("x", type=kind)
    try:
        found = read_words(one, said)
    except ValueError:
        return
    assert read_value(one, found) == found


def test_defaults_stand_where_nothing_is_sent() -> None:
    variables = (
        GuideVariable("a", default="um"),
        GuideVariable("b", required=False),
        GuideVariable("c"),
    )

    assert fill(variables, {"c": "três", "a": None}) == {"a": "um", "b": "", "c": "três"}
    with pytest.raises(Invalid) as refused:
        fill(variables, {"c": "", "d": 1})
    assert refused.value.details.keys() == {"variables.c", "variables.d"}


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("preço", True),
        ("a1", True),
        ("_a", False),
        ("1a", False),
        ("a b", False),
        ("self", False),
        ("ﬁ", False),
    ],
)
def test_names(name: str, *, fits: bool) -> None:
    assert is_variable_name(name) is fits


@pytest.mark.parametrize(("sent", "read"), [(3, "3"), (2.5, "2.5"), (-1, "-1")])
def test_a_number_will_do_for_a_text(sent: float, read: str) -> None:
    assert fill(
        (GuideVariable("a"), GuideVariable("b", default="x", choices=("x", read))), {"a": sent, "b": sent}
    ) == {
        "a": read,
        "b": read,
    }
    for other in (True, float("inf"), [sent]):
        with pytest.raises(Invalid):
            fill((GuideVariable("a"),), {"a": other})
