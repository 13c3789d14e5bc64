from __future__ import annotations

from datetime import timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.users import Session
from repositories.sessions import SessionRepository
from repositories.values import Record

ANA, BEA = new_id(), new_id()
NOW = utc_now()


def session(user_id: str = ANA, *, days: int = 30) -> Session:
    return Session(id=new_id(), user_id=user_id, created_at=NOW, ends_at=NOW + timedelta(days=days))


@pytest.fixture
def sessions(database: Database[Record]) -> SessionRepository:
    return SessionRepository(database)


def test_a_sign_in_comes_back_to_its_person_alone(sessions: SessionRepository) -> None:
    one = session()
    sessions.add(one)
    assert sessions.get(ANA, one.id) == one
    assert sessions.get(BEA, one.id) is None
    assert not sessions.end(BEA, one.id)
    assert sessions.end(ANA, one.id)
    assert not sessions.end(ANA, one.id)
    assert sessions.get(ANA, one.id) is None


def test_all_of_a_person_end_but_one(sessions: SessionRepository) -> None:
    mine, theirs = [session() for _ in range(3)], session(BEA)
    for one in (*mine, theirs):
        sessions.add(one)
    assert sessions.end_all_of(ANA, except_session=mine[1].id) == 2
    assert [sessions.get(ANA, one.id) for one in mine] == [None, mine[1], None]
    assert sessions.end_all_of(ANA) == 1
    assert sessions.end_all_of(ANA) == 0
    assert sessions.get(BEA, theirs.id) == theirs


def test_what_is_over_is_removed(sessions: SessionRepository) -> None:
    over, just_over, lasting, theirs = (
        session(days=-1),
        session(days=0),
        session(days=1),
        session(BEA, days=-1),
    )
    for one in (over, just_over, lasting, theirs):
        sessions.add(one)
    assert sessions.end_outdated(ANA, NOW) == 2
    assert sessions.get(ANA, lasting.id) == lasting
    assert sessions.get(BEA, theirs.id) == theirs
