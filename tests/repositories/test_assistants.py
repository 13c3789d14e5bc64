from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.actors import Actor, ActorKind, Role
from models.assistants import Assistant, AssistantSettings, Language, Persona
from models.limits import Bounds, Limits, Over
from repositories.assistants import AssistantRepository
from repositories.errors import Duplicate
from repositories.scope import WHOLE, Scope
from repositories.values import Record

ANA, BEA = new_id(), new_id()
NOW = utc_now()
EVERYTHING = AssistantSettings(
    company="Clínica São João",
    model="gpt-x",
    fallback_models=("a", "b"),
    temperature=0.0,
    top_p=1.0,
    max_tokens=512,
    language=Language.PT,
    history_turns=0,
    top_k=9,
    persona=Persona("A gruff captain", "A rainy port"),
    has_scratchpad=True,
    greeting="Olá!",
    fallback_message="Já volto.",
    no_answer_message="Não sei.",
    limits=Limits(
        requests_per_minute=5,
        money_per_month=12.5,
        user=Bounds(tokens_per_day=100),
        over=Over(model="small"),
    ),
)


def assistant(owner_id: str = ANA, **more: Any) -> Assistant:
    made = new_id()
    values: dict[str, Any] = {
        "id": made,
        "owner_id": owner_id,
        "name": "Recepção",
        "key_hash": f"hash of {made}",
        "key_sealed": "gAAAA…",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Assistant(**{**values, **more})


@pytest.fixture
def assistants(database: Database[Record]) -> AssistantRepository:
    return AssistantRepository(database)


@pytest.mark.parametrize("settings", [AssistantSettings(), EVERYTHING], ids=["defaults", "everything set"])
def test_an_assistant_comes_back_as_it_was_kept(
    assistants: AssistantRepository, settings: AssistantSettings
) -> None:
    one = assistant(settings=settings)
    assistants.add(one)
    assert assistants.by_id(one.id) == one
    assert assistants.by_key_hash(one.key_hash) == one
    assert assistants.page(Scope(owner_id=ANA), 5).items == (one,)


@pytest.mark.parametrize("settings", [AssistantSettings(), EVERYTHING], ids=["defaults", "everything set"])
def test_name_owner_and_settings_change(assistants: AssistantRepository, settings: AssistantSettings) -> None:
    before = (
        replace(EVERYTHING, has_scratchpad=False) if settings == AssistantSettings() else AssistantSettings()
    )
    one = assistant(settings=before)
    assistants.add(one)
    later = NOW + timedelta(seconds=1)
    changed = replace(one, name="Vendas", owner_id=BEA, settings=settings, updated_at=later)
    assert assistants.update(replace(changed, key_hash="ignored", knowledge_version=9))
    assert assistants.by_id(one.id) == changed
    assert assistants.page(Scope(owner_id=ANA), 5).items == ()
    assert assistants.page(Scope(owner_id=BEA), 5).items == (changed,)


def test_others_are_not_seen(assistants: AssistantRepository) -> None:
    mine, theirs = assistant(), assistant(BEA)
    for one in (mine, theirs):
        assistants.add(one)
    owner = Scope.of(Actor(ActorKind.PERSON, user_id=ANA))
    admin = Scope.of(Actor(ActorKind.PERSON, user_id=new_id(), role=Role.ADMIN))
    assert assistants.get(owner, mine.id) == mine
    assert assistants.get(owner, theirs.id) is None
    assert assistants.page(owner, 5).items == (mine,)
    assert assistants.page(admin, 5).items == (theirs, mine)
    assert (assistants.count(owner), assistants.count(admin)) == (1, 2)
    assert assistants.owned_by(ANA)
    assert not assistants.owned_by(new_id())


def test_a_key_belongs_to_one_assistant_and_can_be_replaced(assistants: AssistantRepository) -> None:
    one = assistant(key_hash="old")
    assistants.add(one)
    with pytest.raises(Duplicate):
        assistants.add(assistant(key_hash="old"))
    assert assistants.set_key(one, "new", "sealed", at=NOW, old_until=NOW)
    assert not assistants.set_key(one, "newer", "sealed", at=NOW, old_until=None)  # it has another by now
    assert assistants.by_key_hash("old") is None
    assert assistants.by_key_hash("new") == replace(
        one, key_hash="new", key_sealed="sealed", old_key_until=NOW
    )
    assistants.set_old_key_until(one.id, None)
    assert not assistants.set_key(assistant(), "other", "sealed", at=NOW, old_until=None)


def test_its_knowledge_gets_a_new_version(assistants: AssistantRepository) -> None:
    one = assistant()
    assistants.add(one)
    for change in ("ready:a", "gone:b", "ready:a"):
        assistants.begin_change(one.id, change)
    assert assistants.by_id(one.id) == replace(one, changing=("ready:a", "gone:b"))
    assistants.end_change(one.id, "ready:a")
    assert assistants.by_id(one.id) == replace(one, knowledge_version=1, changing=("gone:b",))
    assert assistants.left_changing()[one.id] == ("gone:b",)
    for _ in range(2):
        assistants.end_change(one.id, "gone:b")
    assert assistants.by_id(one.id) == replace(one, knowledge_version=3)
    assert one.id not in assistants.left_changing()
    assistants.begin_change(one.id, "ready:a", "ready:b", "gone:c")
    assistants.end_change(one.id, "ready:a", "gone:c", "never begun")
    assert assistants.by_id(one.id) == replace(one, knowledge_version=4, changing=("ready:b",))


def test_a_deleted_one_is_unseen_at_once_and_can_be_finished(assistants: AssistantRepository) -> None:
    one, other = assistant(), assistant()
    for each in (one, other):
        assistants.add(each)
    assistants.forget(one.id)  # only what is marked can be forgotten
    assert assistants.mark_deleted(one.id)
    assert not assistants.mark_deleted(one.id)
    assert assistants.by_id(one.id) is None
    assert assistants.by_key_hash(one.key_hash) is None
    assert assistants.page(WHOLE, 5).items == (other,)
    assert not assistants.update(one)
    assert not assistants.set_key(one, "new", "sealed", at=NOW, old_until=None)
    assert assistants.all_ids() == [other.id]
    assert assistants.marked_deleted() == [one.id]
    assistants.forget(one.id)
    assert assistants.marked_deleted() == []


def test_what_another_version_wrote_can_be_read(
    assistants: AssistantRepository, database: Database[Record]
) -> None:
    one = assistant(settings=EVERYTHING)
    assistants.add(one)
    collection = database["assistants"]
    newer = {"settings.language": "eo", "settings.voice": "alto", "settings.limits.calls": 3, "colour": "red"}
    collection.update_one({"_id": one.id}, {"$set": newer})
    assert assistants.by_id(one.id) == replace(one, settings=replace(EVERYTHING, language=Language.AUTO))
    collection.update_one(
        {"_id": one.id}, {"$set": {"settings": {"company": "X"}}, "$unset": {"knowledge_version": ""}}
    )
    assert assistants.by_id(one.id) == replace(one, settings=AssistantSettings(company="X"))
    collection.update_one({"_id": one.id}, {"$unset": {"settings": ""}})
    assert assistants.by_id(one.id) == replace(one, settings=AssistantSettings())


def test_who_wants_to_know_is_told_after_each_write(assistants: AssistantRepository) -> None:
    one = assistant()
    assistants.add(one)
    told: list[str] = []
    assistants.tell(lambda: told.append(getattr(assistants.by_id(one.id), "name", "gone")))
    assistants.update(replace(one, name="Other"))
    assistants.begin_change(one.id, "x")
    assistants.end_change(one.id, "x")
    assistants.mark_deleted(one.id)
    assert told == ["Other", "Other", "Other", "gone"]
