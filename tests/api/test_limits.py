"""Limits that protect: sign-in attempts, registrations, requests per caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from kit.errors import SettingsError, Unauthenticated
from models.users import Session
from routes.limits import ATTEMPTS_AT_ONCE
from services.house import House
from tests.api.conftest import MakeApp
from tests.people import PASSWORD, Caller, bot, nobody
from tests.servers.redis_server import redis_server

PER_ADDRESS, PER_ACCOUNT, REGISTRATIONS = 50, 10, 30


class NobodySignsIn:
    """Refuses every sign-in at once: what is counted are attempts, not password hashes."""

    def sign_in(self, **_credentials: str) -> Any:
        raise Unauthenticated("The e-mail or the password is wrong.", code="wrong_credentials")


@pytest.fixture
def guessing(make_app: MakeApp, installation: Installation) -> Flask:
    return make_app(_house(installation, NobodySignsIn()))


def _house(installation: Installation, sign_in: Any) -> House:
    return replace(installation.house, accounts=replace(installation.house.accounts, sign_in=sign_in))


def guess(app: Flask, email: str, address: str = "127.0.0.1") -> TestResponse:
    return app.test_client().post(
        "/auth/login",
        json={"email": email, "password": "a guess"},
        environ_base={"REMOTE_ADDR": address},
    )


class TestSignIn:
    def test_an_account_takes_only_so_many_wrong_attempts_wherever_they_come_from(
        self, guessing: Flask
    ) -> None:
        statuses = [
            guess(guessing, "a@example.com", f"203.0.113.{n}").status_code for n in range(PER_ACCOUNT)
        ]
        refused = guess(guessing, "A@Example.com", "203.0.113.200")

        assert set(statuses) == {401}
        assert refused.status_code == 429
        assert guess(guessing, "b@example.com", "203.0.113.200").status_code == 401

    def test_an_address_takes_only_so_many_whatever_the_account(self, guessing: Flask) -> None:
        statuses = [guess(guessing, f"a{n}@example.com").status_code for n in range(PER_ADDRESS)]

        assert set(statuses) == {401}
        assert guess(guessing, "another@example.com").status_code == 429
        assert guess(guessing, "another@example.com", "203.0.113.1").status_code == 401

    @pytest.mark.parametrize(("trusted_proxies", "last"), [(0, 429), (1, 401)])
    def test_an_address_is_what_a_trusted_proxy_says_and_no_other(
        self, make_app: MakeApp, installation: Installation, trusted_proxies: int, last: int
    ) -> None:
        house = _house(installation, NobodySignsIn())
        app = make_app(house, trusted_proxies=trusted_proxies)

        def guess_from(n: int) -> int:
            headers = {"X-Forwarded-For": f"203.0.113.{n}"}
            body = {"email": f"a{n}@example.com", "password": "a guess"}
            return app.test_client().post("/auth/login", json=body, headers=headers).status_code

        assert [guess_from(n) for n in range(PER_ADDRESS + 1)] == [401] * PER_ADDRESS + [last]

    def test_a_refusal_says_when_to_come_back(self, guessing: Flask) -> None:
        for _ in range(PER_ACCOUNT):
            guess(guessing, "a@example.com")
        refused = guess(guessing, "a@example.com")

        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
        assert refused.get_json().keys() == {"error", "message", "details", "request_id"}
        assert refused.get_json()["error"] == "rate_limited"
        assert refused.get_json()["details"] == {"limit": ["10 per 15 minute"]}

    def test_only_wrong_attempts_are_counted(
        self, make_app: MakeApp, installation: Installation, owner: Caller
    ) -> None:
        user = installation.house.accounts.register_user._users.by_id(owner.user_id)
        session = next(iter(_sessions_of(installation, owner)))

        class AnyPasswordIsRight:
            def sign_in(self, **_credentials: str) -> Any:
                return user, session

        app = make_app(_house(installation, AnyPasswordIsRight()))

        assert [guess(app, owner.email).status_code for _ in range(PER_ACCOUNT + 2)] == [200] * 12

    def test_many_guesses_at_one_moment_do_not_all_pass(self, guessing: Flask) -> None:
        with ThreadPoolExecutor(16) as many:
            statuses = Counter(
                one.status_code for one in many.map(lambda _: guess(guessing, "a@example.com"), range(48))
            )

        assert statuses.keys() == {401, 429}
        assert statuses[401] <= PER_ACCOUNT + 2 * ATTEMPTS_AT_ONCE

    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 100_000,
            b'{"email":' + b"[" * 100_000,
            b'{"email": 5, "password": "x"}',
            b'"a"',
            b"null",
            b'{"email": "\xed\xa0\x80", "password": "x"}',
            b'{"email": "\\ud800", "password": "x"}',
            b'{"email": "a", "password": "\\u0000"}',
            b"\xff\xfe",
        ],
    )
    def test_a_body_that_is_none_is_refused_like_anywhere(self, app: Flask, body: bytes) -> None:
        answer = app.test_client().post("/auth/login", data=body, content_type="application/json")

        assert answer.status_code in (400, 422)


def _sessions_of(installation: Installation, caller: Caller) -> Iterator[Session]:
    records = installation.house.accounts.sign_in._sessions._records
    for record in records.find({"user_id": caller.user_id}):
        session = installation.house.accounts.sign_in._sessions.get(caller.user_id, record["_id"])
        assert session is not None
        yield session


class TestPassword:
    def test_a_change_takes_as_few_wrong_attempts_with_however_many_sign_ins(
        self, make_app: MakeApp, installation: Installation, owner: Caller
    ) -> None:
        app = make_app(_house(installation, _NoChange(installation)))
        body = {"current_password": "a guess", "new_password": PASSWORD}
        statuses = []
        for n in range(PER_ACCOUNT + 1):
            # A fresh token and another key beside it: neither is a fresh start.
            fresh = Caller(app.test_client(), dict(owner.headers)).post("/auth/refresh").get_json()["token"]
            headers = {"Authorization": f"Bearer {fresh}", "X-API-Key": f"ask_{n}"}
            answer = Caller(app.test_client(), headers).put("/auth/password", body)
            statuses.append(answer.status_code)

        assert statuses == [401] * PER_ACCOUNT + [429]


class _NoChange(NobodySignsIn):
    def __init__(self, installation: Installation) -> None:
        self.session_of = installation.house.accounts.sign_in.session_of

    def change_password(self, *_args: object) -> None:
        raise Unauthenticated("The current password is wrong.", code="wrong_credentials")


class TestRegister:
    @pytest.mark.usefixtures("admin")
    def test_refused_registrations_of_an_address_are_counted(self, make_app: MakeApp) -> None:
        app = make_app()
        body = {"name": "x", "email": "x@example.com", "password": PASSWORD}
        statuses = [nobody(app).post("/auth/register", body).status_code for _ in range(REGISTRATIONS + 1)]

        assert statuses == [401] * REGISTRATIONS + [429]


class TestRequests:
    """``RATE_LIMIT``: requests per caller."""

    @pytest.fixture
    def few(self, make_app: MakeApp) -> Flask:
        return make_app(rate_limit="3 per minute")

    def test_who_asks_too_often_is_told_with_four_headers(self, few: Flask, owner: Caller) -> None:
        caller = Caller(few.test_client(), owner.headers)
        answers = [caller.get("/auth/me") for _ in range(4)]

        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
        refused = answers[-1]
        assert refused.headers["X-RateLimit-Limit"] == "3"
        assert int(refused.headers["X-RateLimit-Reset"]) > 0
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.get_json()["error"] == "rate_limited"
        assert refused.get_json()["request_id"] == refused.headers["X-Request-ID"]
        assert "Retry-After" not in answers[0].headers

    def test_each_caller_is_counted_alone(self, few: Flask, owner: Caller, outsider: Caller) -> None:
        callers = [
            Caller(few.test_client(), owner.headers),
            Caller(few.test_client(), outsider.headers),
            bot(few, owner.new_assistant()),
            bot(few, owner.new_assistant()),
        ]
        for caller in callers:
            path = "/chats/outbox" if "X-API-Key" in caller.headers else "/auth/me"
            assert [caller.get(path).status_code for _ in range(4)] == [200, 200, 200, 429]

    def test_whoever_brings_no_credential_is_counted_by_address(self, few: Flask) -> None:
        def ask(address: str) -> int:
            base = {"REMOTE_ADDR": address}
            return few.test_client().get("/auth/me", environ_base=base).status_code

        assert [ask("203.0.113.1") for _ in range(4)] == [401, 401, 401, 429]
        assert ask("203.0.113.2") == 401

    def test_guesses_are_counted_by_address_however_many_credentials_they_are(
        self, few: Flask, owner: Caller
    ) -> None:
        def ask(header: dict[str, str], address: str = "203.0.113.1") -> int:
            base = {"REMOTE_ADDR": address}
            return few.test_client().get("/auth/me", headers=header, environ_base=base).status_code

        assert ask(owner.headers) == 200
        statuses = [ask({"Authorization": f"Bearer pat_{n}"}) for n in range(3)]
        keys = [ask({"X-API-Key": f"ask_{n}"}) for n in range(2)]

        assert statuses + keys == [401] * 3 + [429] * 2
        assert ask(owner.headers) == 200  # known at that address
        assert ask({"Authorization": "Bearer pat_x"}, "203.0.113.2") == 401

    def test_a_second_credential_that_the_route_does_not_look_at_gains_nothing(
        self, few: Flask, owner: Caller
    ) -> None:
        key = {"X-API-Key": owner.new_assistant()["api_key"]}
        bearer = owner.headers
        as_person = [
            few.test_client().get("/auth/me", headers={**bearer, "X-API-Key": f"ask_{n}"}).status_code
            for n in range(4)
        ]
        as_bot = [
            few.test_client()
            .get("/chats/outbox", headers={**key, "Authorization": f"Bearer {n}"})
            .status_code
            for n in range(4)
        ]

        assert as_person == as_bot == [200, 200, 200, 429]

    def test_where_nobody_is_asked_who_they_are_a_credential_gains_nothing(self, few: Flask) -> None:
        statuses = [
            few.test_client()
            .get("/openapi.json", headers={"Authorization": f"Bearer {n}", "X-API-Key": f"ask_{n}"})
            .status_code
            for n in range(4)
        ]

        assert statuses == [200, 200, 200, 429]

    def test_a_key_is_one_caller_in_whichever_header_it_comes(self, few: Flask, owner: Caller) -> None:
        key = owner.new_assistant()["api_key"]
        headers = [{"X-API-Key": key}, {"Authorization": f"Bearer {key}"}] * 2

        statuses = [few.test_client().get("/chats/outbox", headers=one).status_code for one in headers]

        assert statuses == [200, 200, 200, 429]

    def test_a_probe_is_never_told_to_come_back_later(self, few: Flask) -> None:
        for path in ("/health", "/health/ready", "/console/console.css"):
            assert [few.test_client().get(path, buffered=True).status_code for _ in range(5)] == [200] * 5

    @pytest.mark.parametrize("text", ["many", "5", "5 per fortnight", "-1 per minute"])
    def test_a_limit_that_is_none_stops_the_start_by_its_name(self, make_app: MakeApp, text: str) -> None:
        with pytest.raises(SettingsError, match="RATE_LIMIT"):
            make_app(rate_limit=text)


def test_requests_are_counted_in_redis_for_all_processes_and_here_while_it_is_away(
    make_app: MakeApp, owner: Caller
) -> None:
    with redis_server() as url:
        one, other = (make_app(rate_limit="3 per minute", redis_url=url) for _ in range(2))
        asked = [Caller(app.test_client(), owner.headers).get("/auth/me") for app in (one, other) * 2]

        assert [answer.status_code for answer in asked] == [200, 200, 200, 429]
        assert asked[-1].headers["X-RateLimit-Remaining"] == "0"
    assert [Caller(other.test_client(), owner.headers).get("/auth/me").status_code for _ in range(4)] == [
        *[200] * 3,
        429,
    ]
