from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from integrations.vectorstores.base import Vectors
from integrations.vectorstores.chroma_local import open_chroma
from integrations.vectorstores.remembered import AGAIN_S, BYTES_AN_ID, IDLE_S, RememberedVectors
from kit.errors import Unavailable
from tests.vectors import VectorsInMemory

DIMENSIONS = 16
ONE_SIZE = 10 * (4 * DIMENSIONS + BYTES_AN_ID)  # of a collection of ten vectors


class Store(VectorsInMemory):
    """Finds nothing by itself, and counts what it is asked; an id that is there keeps its vector."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.while_reading: Callable[[], object] = lambda: None
        self.fails = False

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        new = [at for at, one in enumerate(ids) if one not in self.ids(collection)]
        super().add(collection, [ids[at] for at in new], vectors[new])
        if self.fails:
            raise Unavailable

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        del collection, vector, limit
        self.asked["query"] += 1
        return [("from the store", 1.0)]

    def count(self, collection: str) -> int:
        return len(self.held.get(collection, {}))

    def read(self, collection: str) -> tuple[list[str], Vectors]:
        self.asked["read"] += 1
        held = dict(self.held.get(collection, {}))
        self.while_reading()
        return list(held), np.array(list(held.values()), dtype=np.float32).reshape(len(held), DIMENSIONS)

    def ping(self) -> None:
        self.asked["ping"] += 1

    def close(self) -> None:
        self.asked["close"] += 1


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def some_vectors(count: int, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)


def some_ids(count: int, document: str = "d") -> list[str]:
    return [f"{document}:{n}" for n in range(count)]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def vectors(store: Store) -> RememberedVectors:
    return RememberedVectors(store)


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[RememberedVectors]:
    made = RememberedVectors(open_chroma(tmp_path / "chroma"))
    yield made
    made.close()


def nearest_id(vectors: RememberedVectors, collection: str, vector: Vectors) -> str:
    return vectors.query(collection, vector, 1)[0][0]


def test_it_finds_what_chroma_finds_with_the_same_similarity(chroma: RememberedVectors) -> None:
    own = some_vectors(60) * np.arange(1, 61, dtype=np.float32)[:, None]  # of many lengths
    chroma.add("one", some_ids(60), own)
    for row in (0, 7, 59):
        there = chroma._store.query("one", own[row], 5)
        here = chroma.query("one", own[row], 5)
        assert [one for one, _ in here] == [one for one, _ in there]
        assert [value for _, value in here] == pytest.approx([value for _, value in there], abs=1e-5)


def test_a_collection_is_read_once_and_follows_every_change(store: Store, vectors: RememberedVectors) -> None:
    first, more = some_vectors(10), some_vectors(5, seed=1)
    vectors.add("one", some_ids(10), first)
    assert nearest_id(vectors, "one", first[3]) == "d:3"
    vectors.add("one", some_ids(5, "e"), more)
    assert nearest_id(vectors, "one", more[2]) == "e:2"
    vectors.add("one", ["d:3", "f:0"], np.stack([more[4], first[9]]))  # d:3 keeps its vector
    assert nearest_id(vectors, "one", first[3]) == "d:3"
    vectors.remove("one", ["d:3", "never there"])
    assert "d:3" not in {one for one, _ in vectors.query("one", first[3], 100)}
    assert len(vectors.query("one", first[3], 100)) == 15 == len(vectors.ids("one"))
    assert store.asked == {"read": 1}


def test_a_collection_that_is_dropped_is_empty_and_can_be_made_again(vectors: RememberedVectors) -> None:
    own = some_vectors(3)
    assert vectors.query("one", own[0], 5) == []
    vectors.add("one", some_ids(3), own)
    assert len(vectors.query("one", own[0], 5)) == 3
    vectors.drop("one")
    assert vectors.query("one", own[0], 5) == []
    assert vectors.collections() == set()
    vectors.add("one", some_ids(2), own[:2])
    assert len(vectors.query("one", own[0], 5)) == 2


def test_no_limit_and_no_direction_find_nothing_wrong(vectors: RememberedVectors) -> None:
    vectors.add("one", some_ids(3), np.zeros((3, DIMENSIONS), dtype=np.float32))
    assert vectors.query("one", some_vectors(1)[0], 0) == []
    assert [value for _, value in vectors.query("one", np.zeros(DIMENSIONS, np.float32), 5)] == [0.0] * 3


def test_a_large_collection_is_left_to_the_store(store: Store) -> None:
    vectors = RememberedVectors(store, most=10)
    vectors.add("one", some_ids(10), some_vectors(10))
    assert len(vectors.query("one", some_vectors(1)[0], 20)) == 10
    vectors.add("one", ["one too many"], some_vectors(1))
    for _ in range(3):
        assert vectors.query("one", some_vectors(1)[0], 20) == [("from the store", 1.0)]
    assert store.asked == {"read": 1, "query": 3}


def test_a_large_collection_is_asked_while_another_one_is_read(store: Store) -> None:
    vectors = RememberedVectors(store, most=20)
    vectors.add("large", some_ids(21), some_vectors(21))
    vectors.add("small", some_ids(5), some_vectors(5))
    vectors.query("large", some_vectors(1)[0], 1)
    found: list[str] = []

    def ask() -> None:
        asking = threading.Thread(
            target=lambda: found.append(nearest_id(vectors, "large", some_vectors(1)[0]))
        )
        asking.start()
        asking.join(5)

    store.while_reading = ask
    vectors.query("small", some_vectors(1)[0], 1)
    assert found == ["from the store"]


def test_a_vector_of_another_length_is_the_stores_business(store: Store, vectors: RememberedVectors) -> None:
    vectors.add("one", some_ids(3), some_vectors(3))
    assert vectors.query("one", np.ones(DIMENSIONS + 1, np.float32), 5) == [("from the store", 1.0)]


def test_memory_is_bounded_and_what_is_in_use_stays(store: Store) -> None:
    clock = Clock()
    vectors = RememberedVectors(store, room=2 * ONE_SIZE, clock=clock)
    own = some_vectors(10)
    for name in ("one", "two", "three"):
        vectors.add(name, some_ids(10), own)
        vectors.query(name, own[0], 1)
    assert vectors.query("three", own[0], 1) == [("from the store", 1.0)]  # the others are in use
    clock.now += AGAIN_S
    vectors.query("two", own[0], 1)
    clock.now += IDLE_S - AGAIN_S + 1
    assert nearest_id(vectors, "three", own[4]) == "d:4"  # in the place of the first
    assert nearest_id(vectors, "two", own[4]) == "d:4"
    assert store.asked["read"] == 4


def test_what_grows_beyond_the_room_goes(store: Store) -> None:
    vectors = RememberedVectors(store, room=ONE_SIZE)
    vectors.add("one", some_ids(10), some_vectors(10))
    vectors.query("one", some_vectors(1)[0], 1)
    vectors.add("one", ["more"], some_vectors(1))
    assert not vectors._kept
    assert vectors._room == ONE_SIZE


def test_what_is_added_while_a_collection_is_read_is_not_missed(
    store: Store, vectors: RememberedVectors
) -> None:
    own = some_vectors(4)
    vectors.add("one", some_ids(3), own[:3])
    store.while_reading = lambda: vectors.add("one", ["late"], own[3:])
    vectors.query("one", own[3], 1)
    store.while_reading = lambda: None
    assert nearest_id(vectors, "one", own[3]) == "late"


def test_a_change_that_fails_midway_is_read_anew(store: Store, vectors: RememberedVectors) -> None:
    own = some_vectors(4)
    vectors.add("one", some_ids(3), own[:3])
    vectors.query("one", own[0], 1)
    store.fails = True
    with pytest.raises(Unavailable):
        vectors.add("one", ["half done"], own[3:])
    assert nearest_id(vectors, "one", own[3]) == "half done"


def test_many_threads_read_and_change_at_once(chroma: RememberedVectors) -> None:
    own = some_vectors(80)
    start = threading.Barrier(8)

    def one(thread: int) -> None:
        start.wait(30)
        for step in range(5):
            row = 10 * thread + step
            chroma.add("one", [f"d:{row}"], own[row : row + 1])
            assert nearest_id(chroma, "one", own[row]) == f"d:{row}"
            if step % 2:
                chroma.remove("one", [f"d:{row}"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    assert {one for one, _ in chroma.query("one", own[0], 100)} == chroma.ids("one")
    assert len(chroma.ids("one")) == 24


def test_the_rest_is_the_stores(store: Store, vectors: RememberedVectors) -> None:
    vectors.ping()
    vectors.close()
    assert store.asked == {"ping": 1, "close": 1}
