"""People whom an identity provider signs in, through the doors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from bootstrap.installation import Installation
from cli import cli
from commands.identity_trial import run_trial
from integrations.identity.jwks import KeySet
from integrations.identity.tokens import ExternalTokens
from integrations.identity.trial_keys import public_jwk, sign
from kit.clock import utc_now
from kit.ids import new_id
from repositories.ended_tokens import EndedTokenRepository
from routes.house import EXTENSION
from services.accounts.external_people import ExternalPeople
from services.house import House
from tests.api.conftest import MakeApp
from tests.people import Caller

KEY = ec.generate_private_key(ec.SECP256R1())
ISSUER, AUDIENCE = "https://id.example.com/", "orquestra"


@pytest.fixture(scope="module")
def guarded(installation: Installation, make_app: MakeApp, admin: Caller) -> Flask:
    """An application that takes the provider's tokens, with roles by a claim."""

    def fetch(_: str) -> bytes:
        return json.dumps({"keys": [public_jwk(KEY)]}).encode()

    house = installation.house
    manage = house.accounts.manage_users
    people = ExternalPeople(
        tokens=ExternalTokens(keys=KeySet("", fetch=fetch), issuer=ISSUER, audience=AUDIENCE),
        users=manage._users,
        identities=manage._identities,
        ended=EndedTokenRepository(manage._identities._records.database),
        clock=utc_now,
        role_claim="realm_access.roles",
        admin_values=("orquestra-admin",),
    )
    return make_app(replace(house, accounts=replace(house.accounts, external_people=people)))


def token(subject: str, **more: Any) -> str:
    now = int(time.time())
    return sign(KEY, {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": now + 300, **more})


def holder(app: Flask, subject: str, **more: Any) -> Caller:
    return Caller(app.test_client(), {"Authorization": f"Bearer {token(subject, **more)}"})


def me(caller: Caller) -> dict[str, Any]:
    answer = caller.get("/auth/me")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def test_every_bad_token_is_refused_at_the_door(guarded: Flask) -> None:
    def call(one: str) -> tuple[int, dict[str, Any]]:
        answer = guarded.test_client().get("/auth/me", headers={"Authorization": f"Bearer {one}"})
        return answer.status_code, answer.get_json()

    assert [step for step in run_trial(KEY, ISSUER, AUDIENCE, call) if not step[0]] == []


def test_somebody_is_made_when_first_seen_and_works_as_anybody(guarded: Flask, admin: Caller) -> None:
    subject = new_id()
    person = holder(guarded, subject, name="Ana", email=f"{subject}@example.com", email_verified=True)
    made = me(person)
    assert (made["name"], made["email"], made["role"]) == ("Ana", f"{subject}@example.com", "user")
    assistant = person.new_assistant()
    assert assistant["owner_id"] == made["id"] == me(holder(guarded, subject))["id"]
    assert admin.get(f"/assistants/get/{assistant['_id']}").status_code == 200
    assert person.get("/auth/users").status_code == 403
    assert person.post("/auth/refresh").status_code == 403


def test_who_signs_out_is_out_with_that_token_alone(guarded: Flask) -> None:
    subject = new_id()
    for more in ({}, {"exp": 10**30}):
        person, other = holder(guarded, subject, **more), holder(guarded, subject, jti=new_id())
        assert me(person)["id"] == me(other)["id"]
        assert person.post("/auth/logout").status_code == 204
        assert person.get("/auth/me").status_code == 401
        assert me(other)
        # The same signature, written otherwise, is the same token.
        signed, _, signature = person.headers["Authorization"].rpartition(".")
        same = Caller(guarded.test_client(), {"Authorization": f"{signed}.{signature}="})
        assert same.get("/auth/me").status_code == 401


def test_without_the_setting_a_providers_token_is_nothing(app: Flask, guarded: Flask) -> None:
    assert holder(app, new_id()).get("/auth/me").status_code == 401


def test_the_role_follows_the_claim(guarded: Flask, admin: Caller) -> None:
    subject = new_id()
    roles = {"realm_access": {"roles": ["offline", "orquestra-admin"]}}
    assert me(holder(guarded, subject, **roles))["role"] == "admin"
    assert holder(guarded, subject, **roles).get("/auth/users").status_code == 200
    assert holder(guarded, subject).get("/auth/users").status_code == 403
    assert me(holder(guarded, subject, realm_access={"roles": "orquestra-admin x"}))["role"] == "admin"
    assert me(holder(guarded, subject, realm_access=["orquestra-admin"]))["role"] == "user"


@pytest.mark.parametrize("verified", [True, False, None, "true"])
def test_an_email_opens_nobody_elses_account(guarded: Flask, owner: Caller, verified: object) -> None:
    person = me(holder(guarded, new_id(), email=owner.email, email_verified=verified))
    assert person["id"] != owner.user_id
    assert person["email"] == ""
    assert owner.get("/auth/me").get_json()["email"] == owner.email


def test_an_email_that_is_not_verified_is_not_noted(guarded: Flask, app: Flask) -> None:
    subject = new_id()
    person = me(holder(guarded, subject, email=f"{subject}@example.com"))
    assert person["email"] == ""
    record = guarded.extensions[EXTENSION].accounts.manage_users._users.by_id(person["id"])
    for password in ("", record.password_hash, "nobody has this password"):
        body = {"email": record.email_key, "password": password}
        assert app.test_client().post("/auth/login", json=body).status_code == 401


def test_of_many_first_requests_at_once_one_account_is_made(guarded: Flask) -> None:
    subject = new_id()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: me(holder(guarded, subject))["id"], range(8)))
    assert len(set(made)) == 1


def test_a_disabled_person_stays_out_at_once_and_comes_back_as_the_same(
    guarded: Flask, admin: Caller
) -> None:
    person = holder(guarded, new_id())
    made = me(person)
    assistant = person.new_assistant()
    key = Caller(guarded.test_client(), {"X-API-Key": assistant["api_key"]})
    pat = person.post("/auth/tokens", {"name": "x"}).get_json()["token"]
    program = Caller(guarded.test_client(), {"Authorization": f"Bearer {pat}"})
    callers: list[Callable[[], int]] = [
        lambda: person.get("/auth/me").status_code,
        lambda: program.get("/auth/me").status_code,
        lambda: key.get("/chats/outbox").status_code,
    ]
    assert [call() for call in callers] == [200, 200, 200]
    assert admin.put(f"/auth/users/{made['id']}", {"active": False}).status_code == 200
    assert [call() for call in callers] == [401, 401, 401]
    assert admin.put(f"/auth/users/{made['id']}", {"active": True}).status_code == 200
    assert [call() for call in callers] == [200, 200, 200]
    assert me(person)["id"] == made["id"]


def test_who_was_removed_is_made_anew(guarded: Flask, admin: Caller) -> None:
    person = holder(guarded, new_id())
    first = me(person)["id"]
    assert admin.delete(f"/auth/users/{first}").status_code == 200
    assert me(person)["id"] != first


def test_without_keys_it_is_503(installation: Installation, make_app: MakeApp, guarded: Flask) -> None:
    def fetch(_: str) -> bytes:
        raise OSError

    house: House = guarded.extensions[EXTENSION]
    people = house.accounts.external_people
    assert people is not None
    without = ExternalPeople.__new__(ExternalPeople)
    vars(without).update(vars(people))
    without._tokens = ExternalTokens(keys=KeySet("", fetch=fetch), issuer=ISSUER, audience=AUDIENCE)
    app = make_app(replace(house, accounts=replace(house.accounts, external_people=without)))
    answer = holder(app, new_id()).get("/auth/me")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "identity_unavailable")


def test_keys_are_generated_once_and_the_loop_is_proved(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATA_DIR": tmp_path / "d", "DOCUMENTS_DIR": tmp_path / "u"}.items():
        monkeypatch.setenv(name, str(value))
    # A command sets up logging for its whole process, which here is that of other tests too.
    monkeypatch.setattr("kit.logging.configure", lambda _level: None)
    run, keys = CliRunner(), tmp_path / "keys"
    written = run.invoke(cli, ["generate-keys", str(keys), "--algorithm", "ES256"])
    assert written.exit_code == 0, written.output
    assert (keys / "private.pem").stat().st_mode & 0o777 == 0o600
    (published,) = json.loads((keys / "jwks.json").read_text())["keys"]
    assert published["alg"] == "ES256"
    assert "d" not in published
    assert run.invoke(cli, ["generate-keys", str(keys)]).exit_code == 2

    proved = run.invoke(cli, ["test-auth", "--keys", str(keys)])
    assert proved.exit_code == 0, proved.output
    assert proved.output.count("ok  ") == 11
    assert "External identity works." in proved.output
    assert not (tmp_path / "d").exists()
