from __future__ import annotations

import pytest
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from repositories.indexes import INDEXES, Index, ensure_indexes
from repositories.values import Record


def test_every_index_of_the_table_is_there(database: Database[Record]) -> None:
    ensure_indexes(database)  # again is the same
    for collection in {index.collection for index in INDEXES}:
        found = database[collection].index_information().values()
        there = {
            (keys["key"][0][0], bool(keys.get("unique"))) for keys in found if keys["key"][0][0] != "_id"
        }
        assert there == {(index.field, index.unique) for index in INDEXES if index.collection == collection}


@pytest.mark.parametrize(
    "index", [index for index in INDEXES if index.unique], ids=lambda index: index.collection
)
def test_a_unique_index_lets_one_in(database: Database[Record], index: Index) -> None:
    # Every other unique field of the collection gets a value of its own.
    others = [
        one.field for one in INDEXES if one.collection == index.collection and one.unique and one != index
    ]
    database[index.collection].insert_one({"_id": "a", index.field: "same", **dict.fromkeys(others, "a")})
    with pytest.raises(DuplicateKeyError):
        database[index.collection].insert_one({"_id": "b", index.field: "same", **dict.fromkeys(others, "b")})
