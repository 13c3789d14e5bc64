from __future__ import annotations

from datetime import timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.members import AssistantRole, Member
from repositories.members import MemberRepository
from repositories.old_keys import OldKeyRepository
from repositories.values import Record

ANA, BEA, CLINIC, SHOP = new_id(), new_id(), new_id(), new_id()
NOW = utc_now()


@pytest.fixture
def members(database: Database[Record]) -> MemberRepository:
    return MemberRepository(database)


def test_a_person_has_one_role_on_an_assistant(members: MemberRepository) -> None:
    first = Member(CLINIC, ANA, AssistantRole.VIEWER, NOW)
    members.put(first)
    members.put(Member(CLINIC, ANA, AssistantRole.EDITOR, NOW))
    members.put(Member(CLINIC, BEA, AssistantRole.VIEWER, NOW))
    members.put(Member(SHOP, ANA, AssistantRole.VIEWER, NOW))

    assert members.role(ANA, CLINIC) is AssistantRole.EDITOR
    assert members.role(BEA, SHOP) is None
    assert members.of_user(ANA) == {CLINIC: AssistantRole.EDITOR, SHOP: AssistantRole.VIEWER}
    page = members.page(CLINIC, 1)
    assert [one.user_id for one in page.items] == [BEA]
    assert [one.user_id for one in members.page(CLINIC, 1, page.next_cursor).items] == [ANA]
    assert members.count(CLINIC) == 2


def test_roles_are_taken_one_by_one_by_assistant_and_by_person(members: MemberRepository) -> None:
    for assistant_id in (CLINIC, SHOP):
        for user_id in (ANA, BEA):
            members.put(Member(assistant_id, user_id, AssistantRole.VIEWER, NOW))
    assert members.remove(CLINIC, ANA)
    assert not members.remove(CLINIC, ANA)
    assert members.delete_all_of(SHOP) == 2
    assert members.delete_all_of_user(BEA) == 1
    assert members.of_user(BEA) == {}


def test_an_old_key_leads_to_its_assistant_while_it_lasts(database: Database[Record]) -> None:
    keys = OldKeyRepository(database)
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    keys.put(CLINIC, "first", later)
    keys.put(CLINIC, "first", soon)
    keys.put(CLINIC, "second", later)
    keys.put(SHOP, "third", later)

    assert keys.assistant_of("first", NOW) == CLINIC
    assert keys.assistant_of("first", soon) == ""
    assert keys.assistant_of("other", NOW) == ""
    assert (keys.latest(CLINIC), keys.latest(new_id())) == (later, None)
    assert keys.delete_outdated(CLINIC, soon) == 1
    assert keys.delete_all_of(CLINIC) == 1
    assert keys.assistant_of("third", NOW) == SHOP
