from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid
from models.actors import Role
from repositories.values import choice, condition, equal_to, maybe_moment, moment, stored

MOMENT = datetime(2026, 11, 20, 8, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (Role.ADMIN, "admin"),
        (("a", 1), ["a", 1]),
        ({"a": {"b": (Role.USER,)}}, {"a": {"b": ["user"]}}),
        (MOMENT, 1795161600123),
        (MOMENT.astimezone(timezone(timedelta(hours=-3))), 1795161600123),
        ([MOMENT], [1795161600123]),
        (Int64(2**53 - 1), 2**53 - 1),  # as a record gives it back
        (Int64(-(2**63)), -(2**63)),
    ],
)
def test_values_are_kept_plain(value: Any, kept: Any) -> None:
    assert stored(value) == kept
    assert type(stored(value)) is type(kept)


def test_what_is_stored_is_a_copy() -> None:
    given_list = [1]
    record = {"list": given_list}
    stored(record)["list"].append(2)
    assert given_list == [1]


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_millisecond(at: datetime) -> None:
    assert moment(stored(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert moment(stored(at)).tzinfo is UTC


def test_no_time_stays_none() -> None:
    assert maybe_moment(None) is None
    assert maybe_moment(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_time_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        stored(MOMENT.replace(tzinfo=None))
    with pytest.raises(TypeError, match="field: bytes"):
        stored(b"x", "field")


@pytest.mark.parametrize(
    "bad",
    ["\0", "a\ud800", float("nan"), float("-inf"), 2**63, -(2**63) - 1, {"$set": 1}, {"a.b": 1}, {1: 2}],
)
def test_what_cannot_be_kept_is_named_by_its_outermost_field(bad: Any) -> None:
    with pytest.raises(Invalid) as problem:
        stored({"outer": {"inner": [bad]}})
    assert list(problem.value.details) == ["outer"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_other_text_is_kept_as_it_is(text: str) -> None:
    assert stored(text) == text


@pytest.mark.parametrize(
    "text", ["2026-11-20", "2026-11-20T08:00:00Z", "01/02/2026 x", " 2026/11/20", "20-11-2026"]
)
def test_text_like_a_date_is_compared_beside_one_that_no_record_has(text: str) -> None:
    assert equal_to(text) == condition(text) == {"$in": [text, "\0"]}
    assert condition({"$in": [text]}) == {"$in": [text, "\0"]}
    with pytest.raises(ValueError, match="date"):
        condition({"$lt": text})


@pytest.mark.parametrize(
    "text", ["", "abc", "6b0022fb95651ba1c109a7d2", "20261120", "1-2-2026", "x2026-11-20"]
)
def test_other_text_is_compared_as_it_is(text: str) -> None:
    assert condition(text) == text
    assert condition({"$lt": text}) == {"$lt": text}


@pytest.mark.parametrize("mixed", [{}, {"a": 1}, {"$lt": 1, "a": 2}])
def test_a_condition_is_a_value_or_operators(mixed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="condition"):
        condition(mixed)


def test_an_unknown_choice_is_the_default() -> None:
    assert choice("admin", Role.USER) is Role.ADMIN
    assert choice("auditor", Role.USER) is Role.USER
    assert choice(None, Role.USER) is Role.USER
