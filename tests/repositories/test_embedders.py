from __future__ import annotations

from pymongo.database import Database

from repositories.embedders import EmbedderRepository
from repositories.values import Record


def test_the_embedder_in_force_is_kept_and_replaced(database: Database[Record]) -> None:
    embedders = EmbedderRepository(database)
    assert embedders.in_force() == ""
    embedders.set_in_force("one")
    embedders.set_in_force("two")
    assert EmbedderRepository(database).in_force() == "two"
    assert embedders.behind() == {}


def test_assistants_are_behind_until_they_have_caught_up(database: Database[Record]) -> None:
    embedders = EmbedderRepository(database)
    embedders.set_in_force("two")
    embedders.set_behind(["a1", "a2"], "one")
    embedders.set_behind([], "one")
    assert embedders.behind() == {"a1": "one", "a2": "one"}
    embedders.caught_up("a1")
    embedders.caught_up("a1")
    assert embedders.behind() == {"a2": "one"}
    assert embedders.in_force() == "two"
