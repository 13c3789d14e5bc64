"""What admins do with accounts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.errors import Conflict
from models.actors import Role
from tests.people import PASSWORD, Caller, bot, made, nobody

WHAT_A_USER_IS = {"id", "name", "email", "role", "active", "createdAt"}


def test_only_admins_see_and_change_accounts(admin: Caller, owner: Caller, outsider: Caller) -> None:
    user = f"/auth/users/{owner.user_id}"

    assert outsider.get("/auth/users").status_code == 403
    assert outsider.put(user, {"role": "admin"}).status_code == 403
    assert outsider.delete(user).status_code == 403
    assert owner.put(user, {"role": "admin"}).status_code == 403
    assert owner.get("/auth/me").get_json()["role"] == "user"


def test_the_list_has_everybody_newest_first_and_no_secret(
    admin: Caller, owner: Caller, outsider: Caller
) -> None:
    answer = admin.get("/auth/users?limit=2&count=true")

    assert [one["id"] for one in answer.get_json()] == [outsider.user_id, owner.user_id]
    assert answer.get_json()[0].keys() == WHAT_A_USER_IS
    assert int(answer.headers["X-Total-Count"]) >= 3
    assert "argon2" not in answer.text


def test_a_role_counts_from_the_next_request_on(app: Flask, admin: Caller, owner: Caller) -> None:
    user = f"/auth/users/{owner.user_id}"

    raised = admin.put(user, {"role": "admin"})
    assert (raised.status_code, raised.get_json()["role"]) == (200, "admin")
    assert owner.get("/auth/users").status_code == 200

    assert admin.put(user, {"role": "user"}).status_code == 200
    assert owner.get("/auth/users").status_code == 403


def test_any_subset_can_be_changed(admin: Caller, owner: Caller) -> None:
    user = f"/auth/users/{owner.user_id}"

    assert admin.put(user, {}).get_json()["name"] == "owner"
    assert admin.put(user, {"name": "Renamed"}).get_json()["name"] == "Renamed"
    assert admin.put(user, {"active": True}).get_json()["active"] is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "king"),
        ("role", {"$ne": None}),
        ("role", None),
        ("active", "no"),
        ("disabled", "no"),
        ("active", 0),
        ("active", None),
        ("name", ""),
        ("email", "other@example.com"),
        ("password", PASSWORD),
    ],
)
def test_what_does_not_fit_is_named(admin: Caller, owner: Caller, field: str, value: object) -> None:
    answer = admin.put(f"/auth/users/{owner.user_id}", {field: value})

    assert answer.status_code == 422
    assert list(answer.get_json()["details"]) == [field]


@pytest.mark.parametrize("user_id", ["0123456789abcdef01234567", "nobody", "%00", "0" * 25, "A" * 24, "$ne"])
def test_an_account_that_is_not_there_is_not_found(admin: Caller, user_id: str) -> None:
    assert admin.put(f"/auth/users/{user_id}", {"name": "x"}).status_code == 404
    assert admin.delete(f"/auth/users/{user_id}").status_code == 404


def test_a_disabled_account_ends_sign_ins_tokens_and_its_assistants_keys(
    app: Flask, admin: Caller, owner: Caller
) -> None:
    assistant = owner.new_assistant()
    token = owner.post("/auth/tokens", {"name": "Script"}).get_json()["token"]
    program = Caller(app.test_client(), {"Authorization": f"Bearer {token}"})
    its_bot = bot(app, assistant)
    assert its_bot.get("/chats/outbox").status_code == 200
    user = f"/auth/users/{owner.user_id}"

    assert admin.put(user, {"active": False}).get_json()["active"] is False

    assert owner.get("/auth/me").status_code == 401
    assert program.get("/auth/me").status_code == 401
    assert its_bot.get("/chats/outbox").status_code == 401
    credentials = {"email": owner.email, "password": PASSWORD}
    assert nobody(app).post("/auth/login", credentials).status_code == 401

    assert admin.put(user, {"disabled": True, "active": True}).status_code == 422
    assert admin.put(user, {"disabled": False}).get_json()["active"] is True
    assert nobody(app).post("/auth/login", credentials).status_code == 200
    assert its_bot.get("/chats/outbox").status_code == 200
    assert owner.get("/auth/me").status_code == 401  # that sign-in has ended for good


def test_a_removed_account_takes_its_sign_ins_and_tokens_along(
    app: Flask, admin: Caller, owner: Caller
) -> None:
    token = owner.post("/auth/tokens", {"name": "Script"}).get_json()["token"]

    answer = admin.delete(f"/auth/users/{owner.user_id}")

    assert (answer.status_code, list(answer.get_json())) == (200, ["message"])
    assert owner.get("/auth/me").status_code == 401
    program = Caller(app.test_client(), {"Authorization": f"Bearer {token}"})
    assert program.get("/auth/me").status_code == 401
    assert admin.delete(f"/auth/users/{owner.user_id}").status_code == 404
    again = admin.post("/auth/register", {"name": "Back", "email": owner.email, "password": PASSWORD})
    assert again.status_code == 201


def test_an_account_that_owns_assistants_stays(admin: Caller, owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    refused = admin.delete(f"/auth/users/{owner.user_id}")
    assert (refused.status_code, refused.get_json()["error"]) == (409, "owns_assistants")

    admin.put(f"/assistants/update/{assistant['_id']}", {"owner_id": outsider.user_id})

    assert admin.delete(f"/auth/users/{owner.user_id}").status_code == 200
    assert outsider.get(f"/assistants/get/{assistant['_id']}").status_code == 200


class TestLastAdmin:
    """There is always an active admin left."""

    @pytest.fixture(autouse=True)
    def _nobody_else_is_admin(self, installation: Installation, admin: Caller) -> None:
        users = installation.house.accounts.manage_users._users
        for other in list(users.active_admins()):
            if other.id != admin.user_id:
                users.update(other.id, role=Role.USER)

    @pytest.mark.parametrize(
        "change", [{"role": "user"}, {"active": False}, {"role": "user", "active": True}]
    )
    def test_the_last_one_stays_admin(self, admin: Caller, change: dict[str, object]) -> None:
        answer = admin.put(f"/auth/users/{admin.user_id}", change)

        assert (answer.status_code, answer.get_json()["error"]) == (409, "last_admin")
        assert admin.get("/auth/users").status_code == 200

    def test_the_last_one_is_not_removed(self, admin: Caller) -> None:
        assert admin.delete(f"/auth/users/{admin.user_id}").status_code == 409

    def test_a_disabled_admin_does_not_count(self, app: Flask, admin: Caller) -> None:
        second = made(app, "second", Role.ADMIN)
        admin.put(f"/auth/users/{second.user_id}", {"active": False})

        assert admin.put(f"/auth/users/{admin.user_id}", {"role": "user"}).status_code == 409

    def test_with_a_second_one_the_first_may_go(self, app: Flask, admin: Caller) -> None:
        second = made(app, "second", Role.ADMIN)

        assert second.put(f"/auth/users/{admin.user_id}", {"role": "user"}).status_code == 200
        assert second.put(f"/auth/users/{second.user_id}", {"active": False}).status_code == 409
        assert second.put(f"/auth/users/{admin.user_id}", {"role": "admin"}).status_code == 200

    def test_two_who_demote_each_other_at_once_leave_one(
        self, app: Flask, installation: Installation, admin: Caller
    ) -> None:
        second = made(app, "second", Role.ADMIN)
        change = installation.house.accounts.manage_users.change

        def demote(user_id: str) -> None:
            with suppress(Conflict):
                change(user_id, {"role": Role.USER})

        for _ in range(5):
            with ThreadPoolExecutor(2) as both:
                list(both.map(demote, [admin.user_id, second.user_id]))
            left = [one.id for one in installation.house.accounts.manage_users._users.active_admins()]
            assert len(left) == 1
            for user_id in (admin.user_id, second.user_id):
                installation.house.accounts.manage_users._users.update(user_id, role=Role.ADMIN)
