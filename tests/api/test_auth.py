"""Accounts, sign-ins and passwords, through the door."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask_jwt_extended import create_access_token
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from kit.clock import utc_now
from kit.passwords import Passwords
from services.accounts.register_user import RegisterUser
from services.accounts.sign_in import SignIn
from tests.api.conftest import MakeApp
from tests.people import PASSWORD, Caller, nobody, signed_in

OTHER_PASSWORD = "battery horse correct"
_numbers = itertools.count(1)


def person(email: str) -> dict[str, Any]:
    return {"name": "Ana", "email": email, "password": PASSWORD}


def error_of(answer: TestResponse) -> dict[str, Any]:
    """The error body but for what differs from request to request."""
    body = dict(answer.get_json())
    body.pop("request_id")
    return body


class TestRegister:
    @pytest.fixture
    def desk(self, app: Flask, admin: Caller) -> Caller:
        """The admin, each time from another address: refused registrations are counted."""
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{next(_numbers)}"
        return Caller(client, admin.headers)

    def test_an_admin_makes_an_account_that_can_sign_in(self, app: Flask, desk: Caller) -> None:
        made = desk.post("/auth/register", person("Ana.Made@Example.com"))

        assert made.status_code == 201
        user = made.get_json()["user"]
        assert (user["name"], user["email"], user["role"]) == ("Ana", "Ana.Made@Example.com", "user")
        assert signed_in(app, "ana.made@example.com").user_id == user["id"]

    def test_without_an_admin_registration_is_closed(self, app: Flask, owner: Caller) -> None:
        assert nobody(app).post("/auth/register", person("x@example.com")).status_code == 401
        assert owner.post("/auth/register", person("x@example.com")).status_code == 403

    def test_a_credential_that_is_not_good_is_not_passed_over(self, app: Flask) -> None:
        bad = Caller(app.test_client(), {"Authorization": "Bearer nonsense"})

        assert bad.post("/auth/register", person("x@example.com")).status_code == 401

    @pytest.mark.usefixtures("admin")
    def test_open_registration_takes_anybody_as_a_user(
        self, make_app: MakeApp, installation: Installation
    ) -> None:
        house = installation.house
        opened = RegisterUser(
            users=house.accounts.register_user._users,
            passwords=Passwords(),
            clock=utc_now,
            open_to_all=True,
            setup_token="",
        )
        answer = nobody(
            make_app(replace(house, accounts=replace(house.accounts, register_user=opened)))
        ).post("/auth/register", person("open@example.com"))

        assert answer.status_code == 201
        assert answer.get_json()["user"]["role"] == "user"

    def test_a_known_e_mail_is_a_conflict_in_any_case(self, desk: Caller, owner: Caller) -> None:
        answer = desk.post("/auth/register", person(owner.email.upper()))

        assert (answer.status_code, answer.get_json()["error"]) == (409, "email_taken")

    def test_of_two_with_one_e_mail_at_once_one_is_made(self, app: Flask, admin: Caller) -> None:
        def register(email: str) -> int:
            headers = admin.headers
            return app.test_client().post("/auth/register", json=person(email), headers=headers).status_code

        with ThreadPoolExecutor(2) as both:
            statuses = list(both.map(register, ["twin@example.com", "TWIN@example.com"]))

        assert sorted(statuses) == [201, 409]

    @pytest.mark.parametrize(
        "password", ["", "seven77", "password123", "Password123", "aaaaaaaaaa", "12345678", "x" * 1001]
    )
    def test_a_password_that_protects_nothing_is_refused_by_name(self, desk: Caller, password: str) -> None:
        answer = desk.post("/auth/register", person("weak@example.com") | {"password": password})

        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == ["password"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "  "),
            ("name", "x" * 1001),
            ("name", None),
            ("name", {"$ne": None}),
            ("email", "nobody"),
            ("email", ""),
            ("email", "a" * 320 + "@example.com"),
            ("email", {"$gt": ""}),
            ("password", None),
            ("password", ["correct horse battery"]),
            ("password", {"$ne": None}),
            ("role", "admin"),
        ],
    )
    def test_a_field_that_does_not_fit_is_named(self, desk: Caller, field: str, value: object) -> None:
        answer = desk.post("/auth/register", person("fits@example.com") | {field: value})

        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == [field]

    @pytest.mark.parametrize("field", ["name", "email", "password"])
    def test_a_field_that_is_missing_is_named(self, desk: Caller, field: str) -> None:
        body = person("fits@example.com")
        del body[field]

        answer = desk.post("/auth/register", body)

        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == [field]


class TestLogin:
    def test_it_gives_a_token_its_end_and_whose_it_is(self, app: Flask, owner: Caller) -> None:
        answer = nobody(app).post("/auth/login", {"email": owner.email, "password": PASSWORD})

        assert answer.status_code == 200
        body = answer.get_json()
        assert body.keys() == {"token", "expires_at", "user"}
        assert {name: body["user"][name] for name in ("id", "email", "role")} == {
            "id": owner.user_id,
            "email": owner.email,
            "role": "user",
        }
        held = Caller(app.test_client(), {"Authorization": f"Bearer {body['token']}"})
        assert held.get("/auth/me").get_json()["id"] == owner.user_id

    @pytest.mark.parametrize("hours", [12, 1])
    def test_a_token_is_good_for_as_long_as_the_setting_says(
        self, make_app: MakeApp, owner: Caller, hours: int
    ) -> None:
        app = make_app(jwt_ttl_hours=hours)

        body = nobody(app).post("/auth/login", {"email": owner.email, "password": PASSWORD}).get_json()

        claims = jwt.decode(body["token"], options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == hours * 3600
        assert abs(datetime.fromisoformat(body["expires_at"]).timestamp() - claims["exp"]) <= 1

    def test_wrong_e_mail_and_wrong_password_look_the_same(self, app: Flask, owner: Caller) -> None:
        wrong = nobody(app).post("/auth/login", {"email": owner.email, "password": "not the password"})
        unknown = nobody(app).post("/auth/login", {"email": "no@example.com", "password": PASSWORD})

        assert wrong.status_code == unknown.status_code == 401
        assert error_of(wrong) == error_of(unknown)
        assert wrong.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"]

    def test_an_unknown_e_mail_costs_a_password_check_too(
        self, make_app: MakeApp, installation: Installation, owner: Caller
    ) -> None:
        class Counted(Passwords):
            checks = 0

            def matches(self, password: str, password_hash: str | None) -> bool:
                self.checks += 1
                return super().matches(password, password_hash)

        house, passwords = installation.house, Counted()
        sign_in = SignIn(
            users=house.accounts.register_user._users,
            sessions=house.accounts.sign_in._sessions,
            passwords=passwords,
            clock=utc_now,
        )
        app = make_app(replace(house, accounts=replace(house.accounts, sign_in=sign_in)))

        for email in (owner.email, "no@example.com"):
            nobody(app).post("/auth/login", {"email": email, "password": "not the password"})

        assert passwords.checks == 2

    @pytest.mark.parametrize("value", [None, 5, {"$ne": None}, ["x"], "x" * 1001])
    @pytest.mark.parametrize("field", ["email", "password"])
    def test_what_is_no_text_is_named(self, app: Flask, field: str, value: object) -> None:
        body = {"email": "a@example.com", "password": PASSWORD, field: value}

        answer = nobody(app).post("/auth/login", body)

        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == [field]


class TestSession:
    def test_me_is_the_caller(self, owner: Caller) -> None:
        me = owner.get("/auth/me").get_json()

        assert (me["id"], me["email"], me["role"]) == (owner.user_id, owner.email, "user")

    def test_a_refreshed_token_is_of_the_same_sign_in(self, app: Flask, owner: Caller) -> None:
        answer = owner.post("/auth/refresh")

        assert answer.status_code == 200
        body = answer.get_json()
        assert body.keys() == {"token", "expires_at", "user"}
        fresh = Caller(app.test_client(), {"Authorization": f"Bearer {body['token']}"})
        assert fresh.get("/auth/me").status_code == 200
        assert owner.post("/auth/logout").status_code == 204
        assert fresh.get("/auth/me").status_code == 401

    def test_a_refresh_does_not_reach_beyond_thirty_days_from_the_sign_in(
        self, make_app: MakeApp, installation: Installation, owner: Caller
    ) -> None:
        long_ago = utc_now() - timedelta(days=30) + timedelta(hours=1)
        app = make_app(_house_at(installation, long_ago))
        held = signed_in(app, owner.email)

        body = held.post("/auth/refresh").get_json()

        ends_at = datetime.fromisoformat(body["expires_at"])
        assert ends_at == long_ago + timedelta(days=30)

    def test_a_sign_in_of_more_than_thirty_days_ago_is_over(
        self, app: Flask, installation: Installation, owner: Caller
    ) -> None:
        long_ago = utc_now() - timedelta(days=31)
        _, session = _house_at(installation, long_ago).accounts.sign_in.sign_in(owner.email, PASSWORD)
        with app.app_context():
            token = create_access_token(owner.user_id, additional_claims={"sid": session.id})
        held = Caller(app.test_client(), {"Authorization": f"Bearer {token}"})

        assert held.post("/auth/refresh").status_code == 401
        assert held.get("/auth/me").status_code == 401

    def test_logout_ends_that_sign_in_and_no_other(self, app: Flask, owner: Caller) -> None:
        other = signed_in(app, owner.email)

        answer = owner.post("/auth/logout")

        assert (answer.status_code, answer.data) == (204, b"")
        assert owner.get("/auth/me").status_code == 401
        assert owner.post("/auth/logout").status_code == 401
        assert other.get("/auth/me").status_code == 200

    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": 1},
            {"sid": "0" * 24},
            {"sid": None},
            {"sid": {"$ne": ""}},
            {"sub": "0" * 23 + "1"},
            {"sub": "nobody"},
            {"nbf": 9999999999},
        ],
    )
    def test_a_token_of_ours_that_does_not_fit_is_none(
        self, app: Flask, installation: Installation, owner: Caller, claims: dict[str, Any]
    ) -> None:
        real = jwt.decode(_token(owner), options={"verify_signature": False})
        forged = jwt.encode({**real, **claims}, installation.house.jwt_secret)

        assert _bearing(app, forged).status_code == 401

    @pytest.mark.parametrize(
        "token",
        ["", "x", "a.b.c", "é", "pat_", "pat_é", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOlsiSFMyNTYiXX0.e30.x"],
    )
    def test_what_is_no_token_of_ours_is_none(self, app: Flask, token: str) -> None:
        answer = _bearing(app, token)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_token_signed_by_somebody_else_or_by_nobody_is_none(self, app: Flask, owner: Caller) -> None:
        real = jwt.decode(_token(owner), options={"verify_signature": False})

        assert _bearing(app, jwt.encode(real, "another secret of enough characters")).status_code == 401
        assert _bearing(app, jwt.encode(real, "", algorithm="none")).status_code == 401


class TestPassword:
    def test_a_change_ends_the_other_sign_ins(self, app: Flask, owner: Caller) -> None:
        other = signed_in(app, owner.email)

        answer = owner.put("/auth/password", {"current_password": PASSWORD, "new_password": OTHER_PASSWORD})

        assert (answer.status_code, answer.data) == (204, b"")
        assert owner.get("/auth/me").status_code == 200
        assert other.get("/auth/me").status_code == 401
        login = nobody(app).post("/auth/login", {"email": owner.email, "password": PASSWORD})
        assert login.status_code == 401
        signed_in(app, owner.email, OTHER_PASSWORD)

    def test_the_current_password_must_be_right(self, app: Flask, owner: Caller) -> None:
        answer = owner.put(
            "/auth/password", {"current_password": "not the password", "new_password": OTHER_PASSWORD}
        )

        assert answer.status_code == 401
        signed_in(app, owner.email)

    @pytest.mark.parametrize("password", ["short", "password123", "", None, {"$ne": 1}])
    def test_the_new_one_must_protect_something(self, owner: Caller, password: object) -> None:
        answer = owner.put("/auth/password", {"current_password": PASSWORD, "new_password": password})

        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == ["new_password"]


def _token(caller: Caller) -> str:
    return caller.headers["Authorization"].removeprefix("Bearer ")


def _bearing(app: Flask, token: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    return app.test_client().get("/auth/me", headers=headers)


def _house_at(installation: Installation, now: datetime) -> Any:
    """The house, whose sign-ins begin at ``now``."""
    house = installation.house
    sign_in = SignIn(
        users=house.accounts.register_user._users,
        sessions=house.accounts.sign_in._sessions,
        passwords=Passwords(),
        clock=lambda: now,
    )
    return replace(house, accounts=replace(house.accounts, sign_in=sign_in))
