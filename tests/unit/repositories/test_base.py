"""Services are tested on mongomock: the repositories' base works there, too."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import ClassVar

import mongomock
import pytest
from pymongo.database import Database

import repositories
from kit.ids import new_id
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.indexes import INDEXES, ensure_indexes
from repositories.scope import WHOLE, Scope
from repositories.values import Record

MINE = Scope(owner_id="mine")


class Things(Repository):
    collection: ClassVar[str] = "things"
    page_keys: ClassVar[Mapping[str, str]] = {"owner_id": "owner_page", "whole": "page"}


def test_it_works_on_mongomock() -> None:
    database: Database[Record] = mongomock.MongoClient(tz_aware=True)["app"]
    ensure_indexes(database)
    things = Things(database)
    ids = [new_id() for _ in range(5)]
    things._insert_many(MINE, [{"_id": one, "owner_id": "mine", "n": 0} for one in ids])
    with pytest.raises(Duplicate):
        things._insert(MINE, {"_id": ids[0], "owner_id": "mine"})
    with pytest.raises(Duplicate):
        things._insert_many(MINE, [{"_id": ids[0], "owner_id": "mine"}])
    assert things._update(MINE, ids[0], {"$inc": {"n": 2}}, when={"n": 0})
    assert not things._update(MINE, ids[0], {"$inc": {"n": 2}}, when={"n": 0})
    page = things._page(MINE, limit=3)
    assert [one["_id"] for one in page.items] == ids[:1:-1]
    assert [one["_id"] for one in things._page(MINE, limit=3, cursor=page.next_cursor).items] == ids[1::-1]
    assert things._delete_all(WHOLE, match={"n": 0}) == 4
    assert things._exists(WHOLE)


# Drawn at random, and empty in most records: no unique index can hold it.
DRAWN = {("cards", "share")}


def every_repository() -> list[type[Repository]]:
    for module in pkgutil.iter_modules(repositories.__path__, "repositories."):
        importlib.import_module(module.name)
    return [one for one in _below(Repository) if one.__module__.startswith("repositories.")]


def _below(repository: type[Repository]) -> list[type[Repository]]:
    return [deeper for one in repository.__subclasses__() for deeper in (one, *_below(one))]


@pytest.mark.parametrize("repository", every_repository(), ids=lambda one: one.__name__)
def test_what_a_repository_reads_by_has_an_index(repository: type[Repository]) -> None:
    indexes = {index.field: index for index in INDEXES if index.collection == repository.collection}
    assert set(repository.page_keys.values()) <= indexes.keys()
    for key in repository.unique_keys - {"_id"}:
        assert indexes[key].unique or (repository.collection, key) in DRAWN


def test_every_index_serves_a_repository() -> None:
    assert {index.collection for index in INDEXES} <= {one.collection for one in every_repository()}
    assert len({(index.collection, index.field) for index in INDEXES}) == len(INDEXES)
