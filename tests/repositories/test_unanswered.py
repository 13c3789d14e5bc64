from __future__ import annotations

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.unanswered import UnansweredQuestion, group_of
from repositories.errors import Duplicate
from repositories.unanswered import UnansweredGroupRepository, UnansweredQuestionRepository
from repositories.values import Record
from tests.made import ASSISTANT

CHAT, OTHER = new_id(), new_id()


@pytest.fixture
def questions(database: Database[Record]) -> UnansweredQuestionRepository:
    return UnansweredQuestionRepository(database)


@pytest.fixture
def groups(database: Database[Record]) -> UnansweredGroupRepository:
    return UnansweredGroupRepository(database)


def a_question(text: str, chat_id: str = CHAT, assistant_id: str = ASSISTANT) -> UnansweredQuestion:
    return UnansweredQuestion(new_id(), assistant_id, chat_id, text, 0.25, utc_now())


def test_a_question_waits_until_it_is_in_a_group(questions: UnansweredQuestionRepository) -> None:
    first, second, foreign = (
        a_question("2026-11-20: aberto?"),
        a_question("Pix?"),
        a_question("Pix?", assistant_id=OTHER),
    )
    for one in (first, second, foreign):
        questions.add(one)
    with pytest.raises(Duplicate):
        questions.add(first)
    group_id = new_id()

    questions.put_into(ASSISTANT, {group_id: [first.id, foreign.id]})

    assert [one.id for one in questions.pending(ASSISTANT, 10)] == [second.id]
    (kept,) = questions.of_group(ASSISTANT, group_id, 10)
    assert (kept.question, kept.evidence, kept.group_id) == (first.question, 0.25, group_id)
    assert [one.id for one in questions.pending(OTHER, 10)] == [foreign.id]


def test_questions_go_with_their_chat_their_group_and_their_assistant(
    questions: UnansweredQuestionRepository,
) -> None:
    in_chat, in_group, elsewhere = a_question("A?"), a_question("B?", OTHER), a_question("C?", OTHER)
    for one in (in_chat, in_group, elsewhere):
        questions.add(one)
    group_id = new_id()
    questions.put_into(ASSISTANT, {group_id: [in_group.id]})

    assert [one.id for one in questions.of_chat(ASSISTANT, CHAT)] == [in_chat.id]
    assert questions.delete_all_of_chat(CHAT) == 1
    questions.delete_of_group(ASSISTANT, group_id)

    assert questions.of_group(ASSISTANT, group_id, 10) == []
    assert [one.id for one in questions.pending(ASSISTANT, 10)] == [elsewhere.id]
    assert questions.delete_all_of(ASSISTANT) == 1


def test_groups_are_listed_newest_first_and_changed_whole(groups: UnansweredGroupRepository) -> None:
    made = [group_of(new_id(), [a_question(text)]) for text in ("A?", "B?")]
    groups.add_all(ASSISTANT, made)
    more = group_of(made[0].id, [a_question("A?"), a_question("a?")])

    assert groups.update(more)

    assert [one.id for one in groups.newest(ASSISTANT, 10)] == [made[1].id, made[0].id]
    kept = groups.get(ASSISTANT, made[0].id)
    assert kept is not None
    assert (kept.count, kept.examples, kept.best) == (2, ("A?", "a?"), 0.25)
    assert groups.get(OTHER, made[0].id) is None
    assert not groups.delete(OTHER, made[0].id)
    assert groups.delete(ASSISTANT, made[0].id)
    assert groups.count(ASSISTANT) == 1
    assert not groups.update(more)
    assert groups.delete_all_of(ASSISTANT) == 1
