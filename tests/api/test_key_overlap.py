"""Keys rotate with an overlap that the owner chooses; a disabled owner's keys rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.clock import utc_now
from tests.people import Caller, bot


def works(app: Flask, key: str) -> bool:
    status = bot(app, {"api_key": key}).get("/chats/outbox").status_code
    assert status in (200, 401)
    return status == 200


def rotated(owner: Caller, assistant: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = owner.post(f"/assistants/rotate_key/{assistant['_id']}", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def shown(owner: Caller, assistant: dict[str, Any]) -> dict[str, Any]:
    return dict(owner.get(f"/assistants/get/{assistant['_id']}").get_json())


@pytest.mark.parametrize("body", [None, {}, {"overlap_hours": 0}, {"overlap_s": 0}])
def test_without_an_overlap_the_old_key_is_dead_at_once(
    app: Flask, owner: Caller, body: dict[str, Any] | None
) -> None:
    assistant = owner.new_assistant()
    new = rotated(owner, assistant, body)
    assert new.keys() == {"api_key"}
    assert (works(app, assistant["api_key"]), works(app, new["api_key"])) == (False, True)


@pytest.mark.parametrize("body", [{"overlap_hours": 1.5}, {"overlap_s": 5400}])
def test_the_old_key_works_until_then_and_is_shown_as_expiring(
    app: Flask, owner: Caller, body: dict[str, Any]
) -> None:
    assistant = owner.new_assistant()
    new = rotated(owner, assistant, body)
    until = datetime.fromisoformat(new["old_key_expires_at"])
    assert abs(until - utc_now() - timedelta(hours=1.5)) < timedelta(minutes=1)
    assert works(app, assistant["api_key"])
    assert works(app, new["api_key"])
    after = shown(owner, assistant)
    assert (after["api_key"], after["old_key_expires_at"]) == (new["api_key"], new["old_key_expires_at"])
    assert owner.put(f"/assistants/update/{assistant['_id']}", after).status_code == 200


@pytest.mark.parametrize("how", ["rotate", "delete"])
def test_an_overlap_can_be_ended_early(app: Flask, owner: Caller, how: str) -> None:
    assistant = owner.new_assistant()
    second = rotated(owner, assistant, {"overlap_hours": 1})
    third = rotated(owner, assistant, {"overlap_hours": 2})
    keys = [assistant["api_key"], second["api_key"], third["api_key"]]
    assert [works(app, key) for key in keys] == [True, True, True]
    if how == "rotate":
        keys.append(rotated(owner, assistant)["api_key"])
    else:
        assert owner.delete(f"/assistants/rotate_key/{assistant['_id']}").status_code == 200
    assert [works(app, key) for key in keys] == [False] * (len(keys) - 1) + [True]
    assert shown(owner, assistant)["old_key_expires_at"] is None


def test_a_key_whose_time_is_over_is_dead(app: Flask, installation: Installation, owner: Caller) -> None:
    assistant = owner.new_assistant()
    rotated(owner, assistant, {"overlap_s": 60})
    authenticate = installation.house.accounts.authenticate
    clock = authenticate._clock
    try:
        authenticate._clock = lambda: utc_now() + timedelta(seconds=61)
        assert not works(app, assistant["api_key"])
    finally:
        authenticate._clock = clock
    assert works(app, assistant["api_key"])


@pytest.mark.parametrize(
    "body",
    [
        {"overlap_s": -1},
        {"overlap_s": "60"},
        {"overlap_hours": 90 * 24 + 1},
        {"overlap_s": 1, "overlap_hours": 1},
        {"overlap": 1},
    ],
)
def test_an_overlap_that_is_none_is_refused(app: Flask, owner: Caller, body: dict[str, Any]) -> None:
    assistant = owner.new_assistant()
    assert owner.post(f"/assistants/rotate_key/{assistant['_id']}", body).status_code == 422
    assert works(app, assistant["api_key"])


def test_both_keys_die_with_the_assistant(app: Flask, owner: Caller) -> None:
    assistant = owner.new_assistant()
    new = rotated(owner, assistant, {"overlap_hours": 1})
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    assert not works(app, assistant["api_key"])
    assert not works(app, new["api_key"])


def test_disabling_a_person_ends_sign_ins_tokens_and_keys_at_once_and_keys_come_back(
    app: Flask, admin: Caller, owner: Caller
) -> None:
    assistant = owner.new_assistant()
    new = rotated(owner, assistant, {"overlap_hours": 1})
    keys = (assistant["api_key"], new["api_key"])
    token = owner.post("/auth/tokens", {"name": "x"}).get_json()["token"]
    program = Caller(app.test_client(), {"Authorization": f"Bearer {token}"})
    assert program.get("/auth/me").status_code == 200

    assert admin.put(f"/auth/users/{owner.user_id}", {"active": False}).status_code == 200
    assert (owner.get("/auth/me").status_code, program.get("/auth/me").status_code) == (401, 401)
    assert [works(app, key) for key in keys] == [False, False]

    assert admin.put(f"/auth/users/{owner.user_id}", {"active": True}).status_code == 200
    assert owner.get("/auth/me").status_code == 401  # a sign-in that ended stays so
    assert program.get("/auth/me").status_code == 200
    assert [works(app, key) for key in keys] == [True, True]
