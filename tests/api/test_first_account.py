"""The first account: from this machine, or with the set-up token, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from kit.clock import utc_now
from kit.passwords import Passwords
from repositories.indexes import ensure_indexes
from repositories.users import UserRepository
from routes.app import create_flask
from services.accounts.register_user import RegisterUser
from services.house import House
from tests.people import PASSWORD

SETUP_TOKEN = "the set-up token that the start printed"
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


class Unhashed(Passwords):
    """Nobody signs in here: a password need not be kept well."""

    def __init__(self) -> None:
        pass

    def hash(self, password: str) -> str:
        return f"not kept: {len(password)} characters"


@pytest.fixture(scope="module")
def kept(installation: Installation) -> UserRepository:
    """Accounts of their own, beside those of the other tests."""
    others = installation.house.accounts.register_user._users._records.database
    database = others.client.get_database("first_account", codec_options=others.codec_options)
    ensure_indexes(database)
    return UserRepository(database)


@pytest.fixture
def house(installation: Installation, kept: UserRepository) -> House:
    """A house without any account."""
    kept._records.delete_many({})
    registering = RegisterUser(
        users=kept, passwords=Unhashed(), clock=utc_now, open_to_all=False, setup_token=SETUP_TOKEN
    )
    return replace(
        installation.house, accounts=replace(installation.house.accounts, register_user=registering)
    )


@pytest.fixture
def app(house: House) -> Flask:
    return create_flask(house)


def register(app: Flask, email: str = "first@example.com", **request: Any) -> TestResponse:
    person = {"name": "First", "email": email, "password": PASSWORD}
    return app.test_client().post("/auth/register", json=person, **request)


def test_from_this_machine_the_first_account_needs_no_token_and_is_an_admin(app: Flask) -> None:
    answer = register(app)

    assert answer.status_code == 201
    user = answer.get_json()["user"]
    assert {"id", "name", "email", "role"} <= user.keys()
    assert (user["name"], user["email"], user["role"]) == ("First", "first@example.com", "admin")
    assert "password" not in answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1"])
def test_every_loopback_address_is_this_machine(app: Flask, address: str) -> None:
    assert register(app, environ_base={"REMOTE_ADDR": address}).status_code == 201


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"])
def test_every_name_of_this_machine_is_its_own(app: Flask, host: str) -> None:
    assert register(app, headers={"Host": host}).status_code == 201


def test_from_elsewhere_it_takes_the_setup_token(app: Flask) -> None:
    refused = register(app, environ_base=ELSEWHERE)
    guessed = register(app, environ_base=ELSEWHERE, headers={"X-Setup-Token": "é" * 20})
    made = register(app, environ_base=ELSEWHERE, headers={"X-Setup-Token": SETUP_TOKEN})

    assert (refused.status_code, refused.get_json()["error"]) == (401, "setup_token_required")
    assert "WWW-Authenticate" in refused.headers
    assert guessed.status_code == 401
    assert (made.status_code, made.get_json()["user"]["role"]) == (201, "admin")


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"]
)
def test_who_comes_through_a_proxy_nobody_told_us_of_is_not_on_this_machine(app: Flask, header: str) -> None:
    assert register(app, headers={header: "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1"]
)
def test_a_page_that_leads_its_own_name_to_this_machine_makes_no_account(app: Flask, host: str) -> None:
    assert register(app, headers={"Host": host}).status_code == 401


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("203.0.113.9", 401),
        ("127.0.0.1, 203.0.113.9", 401),  # the caller's own word stands before the proxy's
        ("127.0.0.1", 201),
    ],
)
def test_behind_a_trusted_proxy_the_address_is_the_one_it_tells(
    house: House, forwarded: str, status: int
) -> None:
    behind = create_flask(replace(house, settings=replace(house.settings, trusted_proxies=1)))

    assert register(behind, headers={"X-Forwarded-For": forwarded}).status_code == status


def test_a_trusted_proxy_that_tells_no_address_makes_nobody_local(house: House) -> None:
    behind = create_flask(replace(house, settings=replace(house.settings, trusted_proxies=1)))

    assert register(behind, headers={"X-Real-IP": "203.0.113.9"}).status_code == 401


def test_open_registration_does_not_give_the_first_account_away(house: House, app: Flask) -> None:
    house.accounts.register_user._open_to_all = True

    assert register(app, environ_base=ELSEWHERE).status_code == 401


def test_of_two_who_register_first_at_once_one_is_admin_and_the_other_is_told(app: Flask) -> None:
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda n: register(app, f"first{n}@example.com"), range(2)))

    assert sorted(one.status_code for one in answers) in ([201, 409], [201, 401])
    roles = [one.get_json()["user"]["role"] for one in answers if one.status_code == 201]
    assert roles == ["admin"]


def test_two_first_registrations_that_both_saw_no_account_leave_one(
    kept: UserRepository, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The worst moment: both have looked before either has written.
    monkeypatch.setattr(kept, "exists_any", lambda: False)

    assert register(app, "one@example.com").status_code == 201
    second = register(app, "two@example.com")
    same = register(app, "ONE@example.com")

    assert (second.status_code, second.get_json()["error"]) == (409, "not_first")
    assert (same.status_code, same.get_json()["error"]) == (409, "email_taken")
    assert kept.count() == 1


def test_once_there_is_an_account_neither_this_machine_nor_the_setup_token_makes_another(
    app: Flask,
) -> None:
    assert register(app).status_code == 201

    again = register(app, "second@example.com", headers={"X-Setup-Token": SETUP_TOKEN})

    assert again.status_code == 401
