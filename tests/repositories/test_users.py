from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.errors import Conflict
from kit.ids import is_id, new_id
from models.actors import Role
from models.users import User, email_key
from repositories.errors import Duplicate
from repositories.users import NotFirst, UserRepository
from repositories.values import Record


def user(email: str = "", **more: Any) -> User:
    made = new_id()
    address = email or f"{made}@example.com"
    values: dict[str, Any] = {
        "id": made,
        "name": "Ana Lúcia",
        "email": address,
        "email_key": email_key(address),
        "password_hash": "$argon2id$v=19$…",
        "role": Role.USER,
        "active": True,
        "created_at": utc_now(),
    }
    return User(**{**values, **more})


@pytest.fixture
def users(database: Database[Record]) -> UserRepository:
    return UserRepository(database)


@pytest.mark.parametrize(
    "one",
    [
        user(),
        user("Ana@Example.com", role=Role.ADMIN, active=False),
        user("2026-01-15@example.com", created_at=datetime(1999, 1, 1, tzinfo=UTC)),
    ],
    ids=["plain", "an admin, disabled", "an address like a date"],
)
def test_an_account_comes_back_as_it_was_kept(users: UserRepository, one: User) -> None:
    assert users.add(one) == one
    assert users.by_id(one.id) == one
    assert users.by_email_key(email_key(one.email.upper())) == one
    assert users.page(10).items == (one,)
    assert users.count() == 1


def test_who_is_not_there_is_none(users: UserRepository) -> None:
    assert users.by_id(new_id()) is None
    assert users.by_email_key("nobody@example.com") is None
    assert not users.update(new_id(), name="Nobody")
    assert not users.delete(new_id())
    assert not users.exists_any()
    assert users.page(10).items == ()


def test_an_email_has_one_account_whatever_its_case(users: UserRepository) -> None:
    users.add(user("ana@example.com"))
    with pytest.raises(Duplicate):
        users.add(user("ANA@example.com"))
    other = users.add(user("bea@example.com"))
    with pytest.raises(Duplicate):
        users.update(other.id, email="Ana@example.com", email_key="ana@example.com")


def test_fields_change_one_by_one(users: UserRepository) -> None:
    one = users.add(user())
    changes: dict[str, Any] = {"name": "Bea", "role": Role.ADMIN, "active": False, "password_hash": "other"}
    for name, value in changes.items():
        assert users.update(one.id, **{name: value})
    assert users.by_id(one.id) == replace(one, **changes)
    for unchangeable in ({"id": "x"}, {"created_at": utc_now()}, {"nickname": "x"}):
        with pytest.raises(ValueError, match="can change"):
            users.update(one.id, **unchangeable)


def test_accounts_are_listed_newest_first(users: UserRepository) -> None:
    made = [users.add(user()) for _ in range(5)]
    first = users.page(3)
    assert first.items == tuple(made[:1:-1])
    assert users.page(3, first.next_cursor).items == (made[1], made[0])


def test_a_removed_account_is_gone(users: UserRepository) -> None:
    one, other = users.add(user()), users.add(user())
    assert users.delete(one.id)
    assert users.by_id(one.id) is None
    assert users.page(10).items == (other,)


def test_active_admins_are_those_who_can_act(users: UserRepository) -> None:
    oldest, newest = users.add(user(role=Role.ADMIN)), users.add(user())
    users.add(user(role=Role.ADMIN, active=False))
    users.update(newest.id, role=Role.ADMIN)  # a flag that was never set and one that is set again
    assert [one.id for one in users.active_admins()] == [oldest.id, newest.id]
    users.update(oldest.id, active=False)
    assert [one.id for one in users.active_admins()] == [newest.id]
    users.update(oldest.id, active=True)
    assert [one.id for one in users.active_admins()] == [oldest.id, newest.id]


def test_the_first_account_is_an_admins(users: UserRepository) -> None:
    one = users.add_first(user())
    assert is_id(one.id)
    assert one.role is Role.ADMIN
    assert users.by_id(one.id) == one
    assert users.exists_any()
    with pytest.raises(NotFirst) as refusal:
        users.add_first(user())
    assert isinstance(refusal.value, Conflict)
    with pytest.raises(Duplicate):
        users.add_first(user(one.email))
    assert users.count() == 1


def test_of_many_that_register_first_one_does(users: UserRepository) -> None:
    made: list[User] = []
    refused: list[NotFirst] = []
    barrier = threading.Barrier(8)

    def register() -> None:
        one = user()
        barrier.wait()
        try:
            made.append(users.add_first(one))
        except NotFirst as refusal:
            refused.append(refusal)

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 7)
    assert users.page(10).items == tuple(made)


def test_a_role_of_a_newer_version_gives_no_rights(users: UserRepository, database: Database[Record]) -> None:
    one = users.add(user(role=Role.ADMIN))
    database["users"].update_one({"_id": one.id}, {"$set": {"role": "auditor", "badge": 7}})
    found = users.by_id(one.id)
    assert found is not None
    assert found.role is Role.USER
