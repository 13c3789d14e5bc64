from __future__ import annotations

from dataclasses import replace

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.faq import FaqEntry
from repositories.errors import Duplicate
from repositories.faq import FaqRepository
from repositories.values import Record
from tests.made import ASSISTANT


@pytest.fixture
def entries(database: Database[Record]) -> FaqRepository:
    return FaqRepository(database)


def an_entry(question: str, assistant_id: str = ASSISTANT) -> FaqEntry:
    return FaqEntry(new_id(), assistant_id, question, "Sim.", "pt", utc_now(), utc_now())


def test_an_assistant_has_each_question_once(entries: FaqRepository) -> None:
    entry, foreign = an_entry("Aceita  PIX?"), an_entry("Aceita pix?", new_id())
    entries.add(entry)
    entries.add(foreign)

    with pytest.raises(Duplicate):
        entries.add(an_entry("aceita pix?"))

    found = entries.by_question(ASSISTANT, "ACEITA PIX?")
    assert found is not None
    assert (found.id, found.question, found.answer, found.version) == (entry.id, "Aceita  PIX?", "Sim.", 1)
    assert [one.id for one in entries.each(ASSISTANT)] == [entry.id]
    assert entries.get(ASSISTANT, foreign.id) is None
    assert entries.count(ASSISTANT) == 1


def test_of_two_changes_at_once_one_is_told_that_it_was_late(entries: FaqRepository) -> None:
    entry = an_entry("Aceita pix?")
    entries.add(entry)
    changed = replace(entry, answer="Não.", version=2)

    assert entries.update(changed, was_version=1)
    assert not entries.update(changed, was_version=1)

    (kept,) = entries.page(ASSISTANT, 10).items
    assert (kept.answer, kept.version) == ("Não.", 2)
    assert not entries.delete(new_id(), entry.id)
    assert entries.delete(ASSISTANT, entry.id)
    assert entries.delete_all_of(ASSISTANT) == 0
