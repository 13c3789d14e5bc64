"""What every repository builds on, on every engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import pytest
from pymongo.database import Database

from kit.errors import Invalid
from kit.ids import new_id
from repositories.base import BATCH, Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE, Scope
from repositories.values import Record, moment

MINE, THEIRS = Scope(owner_id="mine"), Scope(owner_id="theirs")
NOW = datetime(2026, 11, 20, 8, 0, 0, 123000, tzinfo=UTC)


class Things(Repository):
    collection: ClassVar[str] = "things"
    page_keys: ClassVar[Mapping[str, str]] = {"owner_id": "owner_page", "whole": "page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "name"})


def thing(owner: str = "mine", **more: Any) -> Record:
    made = new_id()
    return {"_id": made, "owner_id": owner, "name": made, "n": 0, **more}


@pytest.fixture
def things(database: Database[Record]) -> Things:
    collection = database["things"]
    collection.create_index([("name", 1)], unique=True)
    for field in ("owner_page", "page"):
        collection.create_index([(field, 1)])
    return Things(database)


def ids(records: Any) -> list[str]:
    return [record["_id"] for record in records]


def test_a_record_outside_the_scope_is_not_there(things: Things) -> None:
    theirs = thing("theirs")
    things._insert(THEIRS, theirs)
    name = theirs["_id"]
    assert things._get(MINE, name) is None
    assert not things._update(MINE, name, {"$set": {"n": 1}})
    assert not things._delete(MINE, name)
    assert things._by_ids(MINE, [name]) == []
    assert not things._page(MINE, limit=5).items
    assert list(things._each(MINE)) == []
    assert not things._exists(MINE)
    assert (
        things._count(MINE) == things._update_all(MINE, {"$set": {"n": 1}}) == things._delete_all(MINE) == 0
    )
    found = things._get(THEIRS, name)
    assert found is not None
    assert found["n"] == 0
    assert things._get(WHOLE, name) == found


def test_what_lies_outside_the_scope_is_not_inserted(things: Things) -> None:
    with pytest.raises(ValueError, match="outside"):
        things._insert(MINE, thing("theirs"))
    with pytest.raises(ValueError, match="outside"):
        things._insert_many(MINE, [thing(), thing("theirs")])
    assert things._count(WHOLE) == 0


@pytest.mark.parametrize("match", [{"owner_id": "theirs"}, {"owner_page": "x"}, {"$or": []}])
def test_the_scope_cannot_be_said_again_in_a_filter(things: Things, match: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="scope"):
        things._page(MINE, limit=1, match=match)


def test_one_record_is_named_once(things: Things) -> None:
    with pytest.raises(ValueError, match="_id"):
        things._get(MINE, "x", when={"_id": "y"})


def test_a_record_of_the_same_key_is_a_duplicate(things: Things) -> None:
    first = thing()
    things._insert(MINE, first)
    for again in (thing(name=first["name"]), {**thing(), "_id": first["_id"]}):
        with pytest.raises(Duplicate):
            things._insert(MINE, again)
        with pytest.raises(Duplicate):
            things._insert_many(MINE, [thing(), again])
    second = thing()
    things._insert(MINE, second)
    with pytest.raises(Duplicate):
        things._update(MINE, second["_id"], {"$set": {"name": first["name"]}})


def test_a_unique_key_finds_its_record_and_other_fields_do_not_serve(things: Things) -> None:
    one = thing(name="one", other="x")
    things._insert(MINE, one)
    found = things._by_key("name", "one")
    assert found is not None
    assert found["_id"] == one["_id"]
    assert things._by_key("name", "two") is None
    with pytest.raises(ValueError, match="other"):
        things._by_key("other", "x")


@pytest.mark.parametrize(
    "name", ["2026-11-20@example.com", "01/02/2026", "2026-11-20T08:00:00Z", " 2026-11-20 "]
)
def test_text_that_looks_like_a_date_is_text(things: Things, name: str) -> None:
    """nx-27017 reads such a string as a time: it finds nothing, or another."""
    one = thing(name=name, note=name)
    things._insert(MINE, one)
    things._insert(MINE, thing(name=f"{name}x", note="other"))
    found = things._by_key("name", name)
    assert found is not None
    assert ids([found]) == ids(things._page(MINE, limit=9, match={"note": name}).items) == [one["_id"]]
    assert ids(things._each(MINE, match={"note": {"$in": [name]}})) == [one["_id"]]
    assert things._update(MINE, one["_id"], {"$set": {"n": 1}}, when={"note": name})
    assert things._delete(MINE, one["_id"], when={"note": name})


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a'b\"c\\d\n\t\u2028 é€😀",
        "6b0022fb95651ba1c109a7d2",
        '{"$oid": "6b0022fb95651ba1c109a7d2"}',
        "null",
        "$name",
        0,
        -1,
        2**31,
        2**63 - 1,
        -(2**63),
        0.5,
        1e300,
        None,
        [],
        [1, "a", None, [2.5]],
        {"a": {"b": [{"c": True}]}},
        {"__neosqlite_objectid__": "x"},
    ],
)
def test_values_come_back_as_they_went_in(things: Things, value: Any) -> None:
    inserted, updated = thing(value=value), thing(value="before")
    things._insert_many(MINE, [inserted, updated])
    things._update(MINE, updated["_id"], {"$set": {"value": value, "fresh": value}})
    for record in (things._get(MINE, inserted["_id"]), things._get(MINE, updated["_id"])):
        assert record is not None
        assert record["value"] == record.get("fresh", value) == value
        assert isinstance(record["value"], type(value))


def test_flags_and_times_mean_the_same_after_an_update(things: Things) -> None:
    """nx-27017 turns a flag that is set into a number and a time into text."""
    one = thing(flag=False, at=NOW)
    things._insert(MINE, one)
    later = NOW + timedelta(milliseconds=1)
    assert things._update(
        MINE, one["_id"], {"$set": {"flag": True, "at": later}}, when={"flag": False, "at": NOW}
    )
    assert not things._update(MINE, one["_id"], {"$set": {"n": 9}}, when={"flag": False})
    assert not things._update(MINE, one["_id"], {"$set": {"n": 9}}, when={"at": {"$lte": NOW}})
    record = things._get(MINE, one["_id"], when={"flag": True, "at": {"$gt": NOW, "$lte": later}})
    assert record is not None
    assert bool(record["flag"]) is True
    assert moment(record["at"]) == later


@pytest.mark.parametrize(
    "bad", ["a\0b", "\ud800", float("nan"), float("inf"), 2**63, {"$a": 1}, {"a\0": 1}, {"": 1}]
)
def test_what_no_engine_keeps_is_invalid(things: Things, bad: Any) -> None:
    with pytest.raises(Invalid) as problem:
        things._insert(MINE, thing(value=bad))
    assert list(problem.value.details) == ["value"]
    one = thing()
    things._insert(MINE, one)
    with pytest.raises(Invalid):
        things._update(MINE, one["_id"], {"$set": {"value": [bad]}})
    if isinstance(bad, str):
        with pytest.raises(Invalid):
            things._by_key("name", bad)
        with pytest.raises(Invalid):
            things._page(MINE, limit=1, match={"value": bad})


def test_updates_that_some_engine_gets_wrong_are_not_offered(things: Things) -> None:
    for change in (
        {},
        {"n": 1},
        {"$setOnInsert": {"n": 1}},
        {"$set": {"list.$.n": 1}},
        {"$set": {"list.$[].n": 1}},
    ):
        with pytest.raises(ValueError, match=r"update|array"):
            things._update(MINE, "x", change)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(TypeError):
        things._insert(MINE, thing(value=object()))


def test_each_operator_does_on_every_engine_what_it_says(things: Things) -> None:
    one = thing(list=["a"], gone=1, inner={"x": 1})
    things._insert(MINE, one)
    changes: list[Mapping[str, Mapping[str, Any]]] = [
        {"$set": {"inner.y": 2}, "$inc": {"n": 5, "inner.x": 1}, "$unset": {"gone": ""}},
        {"$push": {"list": "b"}},
        {"$addToSet": {"list": "b"}},
        {"$addToSet": {"list": "c"}},
        {"$pull": {"list": "a"}},
        {"$max": {"n": 4, "top": 7}, "$min": {"low": 2}},
    ]
    for change in changes:
        assert things._update(MINE, one["_id"], change)
    record = things._get(MINE, one["_id"])
    assert record is not None
    wanted = {"n": 5, "list": ["b", "c"], "inner": {"x": 2, "y": 2}, "top": 7, "low": 2}
    assert {name: record[name] for name in wanted} == wanted
    assert "gone" not in record


def test_pages_go_through_the_whole_list_in_both_directions(things: Things) -> None:
    mine = [thing(n=number) for number in range(7)]
    things._insert_many(MINE, mine)
    things._insert_many(THEIRS, [thing("theirs") for _ in range(3)])
    for newest_first, expected in ((True, ids(mine)[::-1]), (False, ids(mine))):
        seen, cursor = [], ""
        for size in (3, 3, 1):
            page = things._page(MINE, limit=3, cursor=cursor, newest_first=newest_first)
            assert len(page.items) == size
            seen += ids(page.items)
            cursor = page.next_cursor
        assert (seen, cursor) == (expected, "")
    exact = things._page(MINE, limit=7)
    assert (len(exact.items), exact.next_cursor) == (7, "")
    assert ids(things._page(MINE, limit=2, match={"n": {"$lt": 3}}).items) == [mine[2]["_id"], mine[1]["_id"]]
    assert things._page(MINE, limit=3, cursor="zzz").items == things._page(MINE, limit=3).items
    assert things._page(MINE, limit=3, cursor="0").items == ()
    assert len(things._page(WHOLE, limit=100).items) == 10


def test_more_than_one_batch_is_read_changed_and_removed(things: Things) -> None:
    mine = [thing() for _ in range(2 * BATCH + 1)]
    things._insert_many(MINE, mine)
    things._insert(THEIRS, thing("theirs"))
    assert ids(things._each(MINE)) == ids(mine)
    assert things._count(MINE) == len(mine)
    assert things._update_all(MINE, {"$inc": {"n": 1}}) == len(mine)
    assert things._count(MINE, match={"n": 1}) == len(mine)
    assert things._update_all(MINE, {"$set": {"n": 2}}, match={"n": 1}) == len(mine)
    backwards = ids(mine)[::-1]
    assert ids(things._by_ids(MINE, [*backwards, "missing"])) == backwards
    assert things._delete_all(MINE, match={"n": 2}) == len(mine)
    assert things._count(WHOLE) == 1


def test_a_record_that_gets_another_owner_is_listed_with_them(things: Things) -> None:
    one = thing()
    things._insert(MINE, one)
    assert things._update(MINE, one["_id"], {"$set": {"owner_id": "theirs"}})
    assert ids(things._page(THEIRS, limit=2).items) == [one["_id"]]
    assert not things._exists(MINE)
    with pytest.raises(ValueError, match="one record at a time"):
        things._update_all(THEIRS, {"$set": {"owner_id": "mine"}})


def test_a_sweep_finds_what_an_index_serves_whoever_owns_it(things: Things) -> None:
    open_ones = [thing(state="open"), thing("theirs", state="open")]
    for one in (*open_ones, thing(state="over")):
        things._insert(Scope(owner_id=one["owner_id"]), one)
    assert ids(things._sweep("state", "open")) == ids(open_ones)
    assert ids(things._sweep("state", "open", match={"n": 1})) == []


def test_a_list_that_no_page_key_serves_is_refused(things: Things) -> None:
    with pytest.raises(ValueError, match="chat_id"):
        things._page(Scope(chat_id="c1"), limit=1)


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What ``work`` gives in as many threads, begun at the same moment."""
    results: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_that_claim_a_record_one_gets_it(things: Things) -> None:
    for _ in range(10):
        one = thing(lease="")
        things._insert(MINE, one)
        won = together(8, partial(_claim, things, one["_id"]))
        record = things._get(MINE, one["_id"])
        assert record is not None
        assert won.count(True) == 1
        assert record["lease"] == f"w{won.index(True)}"


def _claim(things: Things, name: str, number: int) -> bool:
    return things._update(MINE, name, {"$set": {"lease": f"w{number}"}}, when={"lease": ""})


def test_of_many_that_insert_a_key_one_does(things: Things) -> None:
    def insert(_: int) -> bool:
        try:
            things._insert(MINE, thing(name="same"))
        except Duplicate:
            return False
        return True

    assert together(8, insert).count(True) == 1
    assert things._count(MINE) == 1


def test_no_count_is_lost(things: Things) -> None:
    one = thing()
    things._insert(MINE, one)
    together(8, lambda _: [things._update(MINE, one["_id"], {"$inc": {"n": 1}}) for _ in range(10)])
    record = things._get(MINE, one["_id"])
    assert record is not None
    assert record["n"] == 80
