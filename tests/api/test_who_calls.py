"""A credential of each kind on routes of each kind."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.people import Caller


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant()


def status(app: Flask, path: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = app.test_client().get(path, headers=named)
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"]
    return answer.status_code


def test_a_bot_may_send_its_key_either_way(app: Flask, assistant: dict[str, Any]) -> None:
    key = assistant["api_key"]

    assert status(app, "/chats/outbox", X_API_Key=key) == 200
    assert status(app, "/chats/outbox", Authorization=f"Bearer {key}") == 200
    assert status(app, "/chats/outbox", Authorization=f"bearer {key}") == 200
    assert status(app, "/chats/outbox", Authorization=key) == 401


def test_a_bot_reaches_the_bots_routes_alone(app: Flask, assistant: dict[str, Any]) -> None:
    key = assistant["api_key"]

    for path in ("/assistants/list", "/auth/me", "/chats/list", "/documents/list", "/auth/users"):
        assert status(app, path, X_API_Key=key) == 403
        assert status(app, path, Authorization=f"Bearer {key}") == 403


def test_a_key_that_is_not_good_is_401_everywhere(app: Flask) -> None:
    for path in ("/assistants/list", "/chats/outbox", "/auth/users"):
        for key in ("ask_", "ask_nonsense", "nonsense", "ask_é".encode().decode("latin-1")):
            assert status(app, path, X_API_Key=key) == 401
        assert status(app, path, Authorization="Bearer ask_nonsense") == 401
        assert status(app, path, X_API_Key="") == 401


def test_a_person_does_not_reach_the_bots_routes(app: Flask, owner: Caller) -> None:
    token = owner.post("/auth/tokens", {"name": "Script"}).get_json()["token"]

    for credential in (owner.headers["Authorization"], f"Bearer {token}"):
        assert status(app, "/chats/outbox", Authorization=credential) == 403
        assert status(app, "/chats/outbox", X_API_Key=credential.removeprefix("Bearer ")) == 401
    assert status(app, "/chats/outbox", Authorization="Bearer nonsense") == 401


@pytest.mark.parametrize(
    "credential", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer x y", "Bearer pat_x"]
)
def test_what_is_no_credential_is_401(app: Flask, credential: str) -> None:
    assert status(app, "/auth/me", Authorization=credential) == 401


def test_a_personal_token_is_a_person_with_bearer_alone(app: Flask, owner: Caller) -> None:
    token = owner.post("/auth/tokens", {"name": "Script"}).get_json()["token"]

    assert status(app, "/auth/me", Authorization=f"Bearer {token}") == 200
    assert status(app, "/auth/me", Authorization=token) == 401
