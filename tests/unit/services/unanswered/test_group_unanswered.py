from __future__ import annotations

import itertools
from typing import Any

import mongomock
import pytest

from kit.clock import utc_now
from kit.ids import new_id
from models.unanswered import UnansweredQuestion
from repositories.assistants import AssistantRepository
from repositories.unanswered import UnansweredGroupRepository, UnansweredQuestionRepository
from services.unanswered import sorting
from services.unanswered.group_unanswered import GroupUnanswered
from tests.made import ASSISTANT

QUESTIONS = (
    "Tem estacionamento?",
    "Aceitam animais?",
    "Abre domingo?",
    "tem estacionamento ai",
    "Fazem entrega?",
)


class Assistants(AssistantRepository):
    """One assistant, or none."""

    is_there = True

    def by_id(self, assistant_id: str) -> Any:
        return assistant_id if self.is_there else None


class Kept:
    """The records, and whoever groups what they hold, one question at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database: Any = mongomock.MongoClient(tz_aware=True)["app"]
        self.questions = UnansweredQuestionRepository(self.database)
        self.groups = UnansweredGroupRepository(self.database)
        self.assistants = Assistants(self.database)
        monkeypatch.setattr(sorting, "AT_ONCE", 1)
        self.group = self.restarted()

    def restarted(self, look_s: float = 0.0) -> GroupUnanswered:
        return GroupUnanswered(
            assistants=self.assistants, questions=self.questions, groups=self.groups, look_s=look_s
        )

    def ask(self, *questions: str) -> None:
        for text in questions:
            self.questions.add(UnansweredQuestion(new_id(), ASSISTANT, new_id(), text, 0.1, utc_now()))

    def counts(self) -> dict[str, int]:
        return {one.question: one.count for one in self.groups.newest(ASSISTANT, 100)}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    return Kept(monkeypatch)


def test_a_look_is_bounded_and_what_is_left_goes_on_in_slices(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.unanswered.group_unanswered.SLICE_S", 0.0)
    kept.ask(*QUESTIONS)
    kept.group.group(ASSISTANT)
    assert kept.counts() == {"Tem estacionamento?": 1}
    for _ in range(len(QUESTIONS) + 1):
        kept.group.go_on()
    assert kept.counts() == {
        "Tem estacionamento?": 2,
        "Aceitam animais?": 1,
        "Abre domingo?": 1,
        "Fazem entrega?": 1,
    }
    assert not kept.questions.pending(ASSISTANT, 1)
    monkeypatch.setattr(kept.questions, "pending", lambda *_: pytest.fail("nothing is left over"))
    kept.group.go_on()


def test_groups_are_read_again_after_a_restart_and_known_ones_grow(kept: Kept) -> None:
    kept.ask(*QUESTIONS)
    kept.restarted(look_s=5.0).group(ASSISTANT)
    kept.ask("Vocês têm estacionamento?")
    again = kept.restarted()
    for _ in itertools.repeat(None, 8):  # slices: each group, then the question
        again.group(ASSISTANT)
    assert kept.counts()["Tem estacionamento?"] == 3


def test_a_group_that_was_deleted_elsewhere_begins_anew(kept: Kept) -> None:
    group = kept.restarted(look_s=5.0)
    kept.ask("Tem estacionamento?", "Tem estacionamento?")
    group.group(ASSISTANT)
    kept.groups.delete_all_of(ASSISTANT)
    kept.ask("tem estacionamento")
    group.group(ASSISTANT)
    assert kept.counts() == {"tem estacionamento": 1}


def test_what_was_asked_of_an_assistant_that_is_gone_is_removed(kept: Kept) -> None:
    kept.ask(*QUESTIONS)
    kept.assistants.is_there = False
    kept.group.group(ASSISTANT)
    assert kept.counts() == {}
    assert not kept.questions.pending(ASSISTANT, 1)
