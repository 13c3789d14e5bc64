from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.users import PersonalToken
from repositories.errors import Duplicate
from repositories.tokens import TokenRepository
from repositories.values import Record

ANA, BEA = new_id(), new_id()
NOW = utc_now()


def token(user_id: str = ANA, *, token_hash: str = "", expires_at: datetime | None = None) -> PersonalToken:
    made = new_id()
    return PersonalToken(made, user_id, "2026-11-20 backup", token_hash or f"{made:0>64}", NOW, expires_at)


@pytest.fixture
def tokens(database: Database[Record]) -> TokenRepository:
    return TokenRepository(database)


@pytest.mark.parametrize("expires_at", [None, NOW + timedelta(days=90)])
def test_a_token_is_found_by_its_hash(tokens: TokenRepository, expires_at: datetime | None) -> None:
    one = token(expires_at=expires_at)
    tokens.add(one)
    assert tokens.by_hash(one.token_hash) == one
    assert tokens.by_hash("0" * 64) is None


def test_a_hash_belongs_to_one_token(tokens: TokenRepository) -> None:
    tokens.add(token(token_hash="same"))
    with pytest.raises(Duplicate):
        tokens.add(token(BEA, token_hash="same"))


def test_people_list_and_end_their_own(tokens: TokenRepository) -> None:
    mine, theirs = [token() for _ in range(3)], token(BEA)
    for one in (*mine, theirs):
        tokens.add(one)
    first = tokens.page(ANA, 2)
    assert first.items == (mine[2], mine[1])
    assert tokens.page(ANA, 2, first.next_cursor).items == (mine[0],)
    assert tokens.count(ANA) == 3
    assert not tokens.delete(ANA, theirs.id)
    assert tokens.delete(ANA, mine[0].id)
    assert tokens.by_hash(mine[0].token_hash) is None
    assert tokens.delete_all_of(ANA) == 2
    assert tokens.page(BEA, 9).items == (theirs,)
