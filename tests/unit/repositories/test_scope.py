from __future__ import annotations

from typing import Any

import pytest

from kit.errors import NotFound
from models.actors import Actor, ActorKind, Role
from repositories.scope import WHOLE, Scope


@pytest.mark.parametrize(
    ("actor", "scope"),
    [
        (Actor(ActorKind.PERSON, user_id="u1"), Scope(owner_id="u1")),
        (Actor(ActorKind.PERSON, user_id="u1", role=Role.ADMIN), WHOLE),
        (Actor(ActorKind.BOT, assistant_id="a1"), Scope(assistant_id="a1")),
        (Actor(ActorKind.BOT, assistant_id="a1", user_id="u1", role=Role.ADMIN), Scope(assistant_id="a1")),
    ],
    ids=["a person", "an admin", "a bot", "a bot is never an admin"],
)
def test_a_caller_sees(actor: Actor, scope: Scope) -> None:
    assert Scope.of(actor) == scope


@pytest.mark.parametrize("actor", [Actor(ActorKind.PERSON), Actor(ActorKind.BOT, user_id="u1")])
def test_a_caller_without_an_id_sees_nothing_rather_than_everything(actor: Actor) -> None:
    with pytest.raises(ValueError, match="id"):
        Scope.of(actor)


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"owner_id": ""},
        {"owner_id": "u1", "assistant_id": ""},
        {"owner_id": {"$ne": None}},
        {"owner_id": 7},
        {"owner_id": "u1\n"},
        {"owner_id": "2026-11-20"},
        {"owner_id": "u1:x"},
        {"whole": True, "owner_id": "u1"},
        {"whole": False},
    ],
)
def test_there_is_no_scope_that_bounds_nothing(bounds: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="scope"):
        Scope(**bounds)


def test_the_narrowest_bound_comes_first() -> None:
    assert list(Scope(owner_id="u1", assistant_id="a1", chat_id="c1").bounds) == [
        "chat_id",
        "assistant_id",
        "owner_id",
    ]
    assert WHOLE.bounds == {}


def test_a_scope_is_narrowed_to_what_a_caller_names() -> None:
    mine = Scope(owner_id="u1")
    assert mine.narrowed(assistant_id="a1") == Scope(owner_id="u1", assistant_id="a1")
    assert WHOLE.narrowed(assistant_id="a1") == Scope(assistant_id="a1")
    assert Scope(assistant_id="a1").narrowed(assistant_id="a1") == Scope(assistant_id="a1")


@pytest.mark.parametrize("named", ["a2", "", "a1\0", "not an id", "2026-11-20"])
def test_somebody_elses_looks_like_one_that_does_not_exist(named: str) -> None:
    with pytest.raises(NotFound):
        Scope(assistant_id="a1").narrowed(assistant_id=named)
    if named != "a2":
        with pytest.raises(NotFound):
            WHOLE.narrowed(assistant_id=named)


def test_a_record_is_within_all_bounds_or_outside() -> None:
    scope = Scope(owner_id="u1", assistant_id="a1")
    assert scope.admits({"owner_id": "u1", "assistant_id": "a1", "n": 1})
    assert not scope.admits({"owner_id": "u1", "assistant_id": "a2"})
    assert not scope.admits({"owner_id": "u1"})
    assert WHOLE.admits({})
