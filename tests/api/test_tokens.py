"""Personal API tokens: shown once, ended at will, dead with their account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.clock import utc_now
from kit.ids import new_id
from models.actors import Actor, ActorKind
from models.limits import Bounds
from services.accounts.issue_tokens import IssueTokens
from tests.people import Caller


def issue(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post("/auth/tokens", {"name": "Script", **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def program(app: Flask, token: dict[str, Any]) -> Caller:
    return Caller(app.test_client(), {"Authorization": f"Bearer {token['token']}"})


def test_a_token_does_what_its_person_does(app: Flask, owner: Caller, outsider: Caller) -> None:
    held = program(app, issue(owner))
    assistant = owner.new_assistant()

    assert held.get("/auth/me").get_json()["id"] == owner.user_id
    assert held.get(f"/assistants/get/{assistant['_id']}").status_code == 200
    assert held.get("/auth/users").status_code == 403
    assert program(app, issue(outsider)).get(f"/assistants/get/{assistant['_id']}").status_code == 404


def test_it_is_shown_once_and_never_again(owner: Caller) -> None:
    token = issue(owner)

    assert token.keys() >= {"_id", "name", "token", "expires_at"}
    assert token["token"].startswith("pat_")
    assert (token["name"], token["expires_at"]) == ("Script", None)
    listed = owner.get("/auth/tokens")
    assert [one["_id"] for one in listed.get_json()] == [token["_id"]]
    assert "token" not in listed.get_json()[0]
    assert token["token"] not in listed.text


def test_at_rest_only_a_keyed_hash_of_it_is_kept(installation: Installation, owner: Caller) -> None:
    token = issue(owner)

    record = installation.house.accounts.issue_tokens._tokens._records.find_one({"_id": token["_id"]})

    assert record is not None
    assert token["token"].removeprefix("pat_") not in str(record)


def test_it_lasts_as_many_days_as_were_asked_for(owner: Caller) -> None:
    token = issue(owner, expires_in_days=30)

    listed = owner.get("/auth/tokens").get_json()[0]
    lasts = datetime.fromisoformat(listed["expires_at"]) - datetime.fromisoformat(listed["createdAt"])
    assert lasts == timedelta(days=30)
    assert listed["expires_at"] == token["expires_at"]


def test_after_its_time_it_is_none(app: Flask, installation: Installation, owner: Caller) -> None:
    kept = installation.house.accounts.issue_tokens
    then = utc_now() - timedelta(days=2)
    issued_then = IssueTokens(
        tokens=kept._tokens, budgets=kept._budgets, vault=kept._vault, clock=lambda: then
    )
    actor = Actor(ActorKind.PERSON, user_id=owner.user_id)
    _, over = issued_then.issue(actor, "over", 1, Bounds())
    _, good = issued_then.issue(actor, "good", 3, Bounds())

    assert program(app, {"token": over}).get("/auth/me").status_code == 401
    assert program(app, {"token": good}).get("/auth/me").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", {"$ne": 1}),
        ("name", "x" * 1001),
        ("expires_in_days", 0),
        ("expires_in_days", -1),
        ("expires_in_days", 3651),
        ("expires_in_days", 1.5),
        ("expires_in_days", "7"),
        ("expires_in_days", True),
        ("expires_in_days", 2**63 - 1),
        ("token", "pat_mine"),
    ],
)
def test_what_does_not_fit_is_named(owner: Caller, field: str, value: object) -> None:
    answer = owner.post("/auth/tokens", {"name": "Script"} | {field: value})

    assert answer.status_code == 422
    assert list(answer.get_json()["details"]) == [field]


def test_an_ended_token_is_dead_at_once(app: Flask, owner: Caller) -> None:
    token, other = issue(owner), issue(owner)

    assert owner.delete(f"/auth/tokens/{token['_id']}").status_code == 204

    assert program(app, token).get("/auth/me").status_code == 401
    assert program(app, other).get("/auth/me").status_code == 200
    assert owner.delete(f"/auth/tokens/{token['_id']}").status_code == 404


def test_somebody_elses_token_is_not_there_not_even_for_an_admin(
    app: Flask, admin: Caller, owner: Caller, outsider: Caller
) -> None:
    token = issue(owner)

    for other in (outsider, admin):
        foreign = other.delete(f"/auth/tokens/{token['_id']}")
        missing = other.delete(f"/auth/tokens/{new_id()}")
        assert foreign.status_code == missing.status_code == 404
        assert {**foreign.get_json(), "request_id": ""} == {**missing.get_json(), "request_id": ""}
        assert token["_id"] not in other.get("/auth/tokens").text

    assert program(app, token).get("/auth/me").status_code == 200


def test_a_token_survives_its_persons_sign_out_and_ends_by_its_own(app: Flask, owner: Caller) -> None:
    held = program(app, issue(owner))
    owner.post("/auth/logout")
    assert held.get("/auth/me").status_code == 200

    assert held.post("/auth/logout").status_code == 204

    assert held.get("/auth/me").status_code == 401


def test_a_token_cannot_be_refreshed(app: Flask, owner: Caller) -> None:
    assert program(app, issue(owner)).post("/auth/refresh").status_code == 403
