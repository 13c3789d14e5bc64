"""Guides with their versions, and pushes with their contacts, on each engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.guides import Guide, GuideVariable, VariableType
from models.jobs import JobState, OpenJob
from models.pushes import Outcome, Push, PushContact, PushFilter, PushStatus
from repositories.guides import GuideRepository, GuideVersionRepository
from repositories.pushes import PushContactRepository, PushRepository
from repositories.scope import WHOLE, Scope
from repositories.values import Record
from tests.made import ASSISTANT, OWNER


def a_guide(**more: Any) -> Guide:
    variables = (
        GuideVariable("day", "Dia", type=VariableType.DATE, default="2026-11-20"),
        GuideVariable("n", required=False, type=VariableType.INTEGER, choices=(1, 2)),
    )
    now = utc_now()
    made = Guide(new_id(), ASSISTANT, OWNER, "Visita", "Dia {{ day }}", variables, 1, now, now, OWNER, "Rui")
    return replace(made, **more)


def a_push(**more: Any) -> Push:
    now = utc_now()
    wanted = PushFilter((new_id(),), "Whatsapp", since=now, active=True)
    return replace(Push(new_id(), ASSISTANT, OWNER, "2026-11-20: aberto", wanted, now, now, OWNER), **more)


def test_a_guide_is_changed_once_from_each_version(database: Database[Record]) -> None:
    guides, versions = GuideRepository(database), GuideVersionRepository(database)
    first = a_guide()
    guides.add(first)
    assert guides.get_any(first.id) == guides.get(ASSISTANT, first.id) == first
    assert guides.get(new_id(), first.id) is None
    versions.keep(first)
    versions.keep(first)
    second = replace(first, version=2, body="Outro", changed_by_name="Ana", updated_at=utc_now())
    assert guides.update(second, was_version=1)
    assert not guides.update(second, was_version=1)
    assert guides.page(Scope(owner_id=OWNER), 9).items == (second,)
    assert versions.page(second, 9).items == (first,)
    versions.keep(second)
    third = replace(second, version=3)
    page = versions.page(third, 1)
    assert page.items == (second,)
    assert versions.page(third, 1, page.next_cursor).items == (first,)
    assert versions.get(third, 1) == first
    assert versions.get(third, 9) is None
    new_owner = new_id()
    guides.change_owner(ASSISTANT, new_owner)
    assert guides.count(Scope(owner_id=new_owner)) == guides.count(WHOLE) == 1
    assert guides.delete(first)
    assert not guides.delete(first)
    assert versions.delete_of(first) == 2
    assert guides.delete_all_of(ASSISTANT) == versions.delete_all_of(ASSISTANT) == 0


def test_a_push_is_written_until_it_is_over(database: Database[Record]) -> None:
    pushes = PushRepository(database)
    push, later = a_push(), a_push(guide_id=new_id())
    pushes.add(push)
    pushes.add(later)
    assert pushes.get_any(push.id) == push
    assert pushes.page(Scope(assistant_id=ASSISTANT), 9).items == (later, push)
    assert pushes.open_pushes() == [push, later]
    going = replace(push, status=PushStatus.RUNNING, collected=True, total=3, sent=1, cursor="x")
    before, now = push.at - timedelta(seconds=1), push.at
    assert [one.state for one in pushes.open_work(before, 9)][:1] == [JobState.LATER]
    assert OpenJob(JobState.WAITING, push.at) in pushes.open_work(now, 9)
    assert pushes.write(going)
    assert OpenJob(JobState.RUNNING, push.at) in pushes.open_work(before, 9)
    assert pushes.get_any(push.id) == going
    assert pushes.cancel(push, utc_now())
    assert not pushes.cancel(push, utc_now())
    assert not pushes.write(going)
    assert pushes.open_pushes() == [later]
    pushes.change_owner(ASSISTANT, OWNER)
    assert pushes.count(WHOLE) == pushes.delete_all_of(ASSISTANT) == 2


def test_a_contact_is_written_down_once_and_settled_once(database: Database[Record]) -> None:
    contacts, push = PushContactRepository(database), a_push()
    ids = sorted(new_id() for _ in range(3))
    those = [PushContact(push.id, ASSISTANT, one, new_id()) for one in ids]
    contacts.add(those[:2])
    contacts.add([replace(those[0], message_id="other"), those[2]])
    contacts.add([])
    assert contacts.page(push, 9).items == tuple(those)
    page = contacts.page(push, 2)
    assert contacts.page(push, 2, page.next_cursor).items == (those[2],)
    now = utc_now()
    assert contacts.settle(those[0], Outcome.SENT, now, was=Outcome.WAITING)
    assert not contacts.settle(those[0], Outcome.SENT, now, was=Outcome.WAITING)
    assert contacts.cancel_waiting(push, now) == 2
    outcomes = [one.outcome for one in contacts.page(push, 9).items]
    assert outcomes == [Outcome.SENT, Outcome.CANCELLED, Outcome.CANCELLED]
    assert contacts.count(push) == contacts.delete_all_of(ASSISTANT) == 3
