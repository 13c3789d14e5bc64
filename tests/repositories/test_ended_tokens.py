from __future__ import annotations

from datetime import timedelta

from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from repositories.ended_tokens import EndedTokenRepository
from repositories.values import Record


def test_a_token_is_ended_until_it_would_have_been(database: Database[Record]) -> None:
    ended, ana, bea, now = EndedTokenRepository(database), new_id(), new_id(), utc_now()
    brief, later, other = "1" * 64, "2" * 64, "3" * 64
    for whose, one, minutes in ((ana, brief, 1), (ana, later, 5), (ana, later, 5), (bea, other, 1)):
        ended.add(whose, one, now + timedelta(minutes=minutes))
    assert ended.delete_outdated(ana, now + timedelta(minutes=2)) == 1
    assert [ended.holds(one) for one in (brief, later, other, "4" * 64)] == [False, True, True, False]
    assert ended.delete_all_of_user(ana) == 1
    assert [ended.holds(one) for one in (later, other)] == [False, True]
