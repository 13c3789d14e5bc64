"""Leases and what processes know each other by, on every engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from repositories.installations import InstallationRepository
from repositories.leases import LeaseRepository
from repositories.values import Record

NOW = utc_now()
SOON, LATER = NOW + timedelta(seconds=30), NOW + timedelta(seconds=60)


@pytest.fixture
def leases(database: Database[Record]) -> LeaseRepository:
    return LeaseRepository(database)


def test_one_holds_a_lease_until_it_ends(leases: LeaseRepository) -> None:
    mine = leases.take("a", "me", NOW, SOON)
    assert mine is not None
    assert leases.take("a", "you", NOW, SOON) is None
    assert leases.renew(mine, LATER)
    assert leases.take("a", "you", SOON, LATER) is None
    theirs = leases.take("a", "you", LATER, LATER + timedelta(seconds=30))
    assert theirs is not None
    assert not leases.renew(mine, LATER)
    leases.release(mine)
    assert [one.holder for one in leases.all()] == ["you"]
    leases.release(theirs)
    assert leases.all() == []
    assert leases.take("a", "me", NOW, SOON) is not None


def test_a_holder_takes_its_own_again(leases: LeaseRepository) -> None:
    assert leases.take("server", "here", NOW, SOON) is not None
    assert leases.take("server", "here", NOW, LATER) is not None
    assert leases.take("server", "there", NOW, LATER) is None


def test_what_is_put_off_is_nobodys_for_a_while_and_is_counted(leases: LeaseRepository) -> None:
    mine = leases.take("a", "me", NOW, SOON)
    assert mine is not None
    leases.put_off(mine, SOON)
    assert leases.take("a", "you", NOW, SOON) is None
    again = leases.take("a", "you", SOON, LATER)
    assert again is not None
    assert again.tries == 1
    leases.put_off(mine, LATER + timedelta(days=1))  # of somebody who came back
    assert leases.all() == [again]
    leases.forget(mine)
    leases.forget(again)
    assert leases.all() == []


def test_of_many_at_once_one_gets_what_has_ended(leases: LeaseRepository) -> None:
    for round_ in range(5):
        leases.take(f"a{round_}", "gone", NOW, NOW)
        names = [f"w{n}" for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda one, n=round_: leases.take(f"a{n}", one, SOON, LATER), names))
        assert sum(one is not None for one in got) == 1


def test_an_installation_is_made_once_and_keeps_its_id(database: Database[Record]) -> None:
    installations = InstallationRepository(database)
    assert installations.get() is None
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(installations.keep, ["check"] * 4))
    assert len(made) == 1
    (one,) = made
    other = installations.keep("another")
    assert (other.id, other.key_check) == (one.id, "another")
    assert installations.get() == other
