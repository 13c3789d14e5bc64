from __future__ import annotations

import random
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integrations.vectorstores.base import Vectors, VectorStore
from integrations.vectorstores.chroma import BATCH, SENTINEL, ChromaStore
from integrations.vectorstores.chroma_local import OPEN_COLLECTIONS, open_chroma
from integrations.vectorstores.chroma_server import RemoteChroma, connect_chroma
from kit.errors import Unavailable
from tests.servers.chroma_server import chroma_server, free_port

DIMENSIONS = 32
MANY = OPEN_COLLECTIONS + 36  # collections: some are closed for others whichever compartments they fall into


def _vectors(count: int, seed: int = 0) -> Vectors:
    drawn = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    unit: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def _ids(count: int, document: str = "d") -> list[str]:
    return [f"{document}:1:{n}" for n in range(count)]


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("chroma-server")) as url:
        yield url


@pytest.fixture(params=["local", "remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChromaStore[Any]]:
    made: ChromaStore[Any]
    if request.param == "local":
        made = open_chroma(tmp_path / "vectors")
    else:
        made = connect_chroma(request.getfixturevalue("server_url"))
        for name in made.collections():
            made.drop(name)
    yield made
    made.close()


def test_what_was_added_is_found_nearest_first_with_its_cosine(store: VectorStore) -> None:
    vectors = _vectors(20)
    store.add("one", _ids(20), vectors)
    found = store.query("one", vectors[7], 5)
    cosines = vectors @ vectors[7]
    expected = np.argsort(-cosines)[:5]
    assert [one for one, _ in found] == [f"d:1:{n}" for n in expected]
    assert [similarity for _, similarity in found] == pytest.approx(cosines[expected].tolist(), abs=1e-4)


def test_a_collection_that_does_not_exist_is_empty(store: VectorStore) -> None:
    assert store.query("nothing", _vectors(1)[0], 5) == []
    assert store.ids("nothing") == set()
    store.remove("nothing", ["a"])
    store.drop("nothing")
    assert store.collections() == set()
    store.ping()


def test_adding_again_and_removing_what_is_not_there_change_nothing(store: VectorStore) -> None:
    vectors = _vectors(3)
    store.add("one", _ids(3), vectors)
    store.add("one", _ids(3), vectors)
    store.remove("one", ["never:1:0", SENTINEL])
    assert store.ids("one") == set(_ids(3))
    assert len(store.query("one", vectors[0], 10)) == 3


def test_the_sentinel_is_never_shown(store: VectorStore) -> None:
    axis = np.eye(1, DIMENSIONS, dtype=np.float32)
    store.add("one", ["d:1:0"], -axis)
    assert [(one, round(similarity, 4)) for one, similarity in store.query("one", axis[0], 1)] == [
        ("d:1:0", -1.0)
    ]
    store.remove("one", ["d:1:0"])
    assert store.query("one", axis[0], 3) == []
    assert store.ids("one") == set()


def test_more_than_one_batch_is_added_and_removed(store: VectorStore) -> None:
    count = BATCH + 3
    store.add("one", _ids(count), _vectors(count))
    assert store.ids("one") == set(_ids(count))
    store.remove("one", _ids(count)[1:])
    assert store.ids("one") == {"d:1:0"}


def test_an_all_zero_vector_and_no_results_asked_for_are_no_error(store: VectorStore) -> None:
    store.add("one", ["d:1:0"], np.zeros((1, DIMENSIONS), dtype=np.float32))
    store.add("one", [], np.zeros((0, DIMENSIONS), dtype=np.float32))
    assert [one for one, _ in store.query("one", _vectors(1)[0], 2)] == ["d:1:0"]
    assert store.query("one", _vectors(1)[0], 0) == []


def test_a_dropped_collection_is_empty_and_can_be_made_anew(store: VectorStore) -> None:
    store.add("one", _ids(3), _vectors(3))
    store.add("two", _ids(1), _vectors(1))
    store.drop("one")
    assert store.collections() == {"two"}
    assert store.query("one", _vectors(1)[0], 5) == []
    store.add("one", _ids(2, "e"), _vectors(2))
    assert store.ids("one") == set(_ids(2, "e"))


def test_many_threads_share_one_store(store: VectorStore) -> None:
    vectors = _vectors(10)

    def work(number: int) -> None:
        for n in range(5):
            store.add(f"col{n}", [f"{number}:1:{n}"], vectors[number : number + 1])
            store.query(f"col{n}", vectors[number], 3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [store.ids(f"col{n}") for n in range(5)] == [{f"{t}:1:{n}" for t in range(8)} for n in range(5)]


def test_far_more_collections_than_stay_open_lose_nothing(tmp_path: Path) -> None:
    vectors = _vectors(MANY + 1)
    store = open_chroma(tmp_path)
    for n in range(MANY):  # one vector, then another after it was closed: the smallest changes there are
        store.add(f"col{n}", ["d:1:0"], vectors[n : n + 1])
    for n in range(MANY):
        store.add(f"col{n}", ["d:1:1"], vectors[n + 1 : n + 2])
    found = [[one for one, _ in store.query(f"col{n}", vectors[n], 5)] for n in range(MANY)]
    assert found == [["d:1:0", "d:1:1"]] * MANY
    for n in range(MANY):
        store.remove(f"col{n}", ["d:1:0"])
    found = [[one for one, _ in store.query(f"col{n}", vectors[n], 5)] for n in range(MANY)]
    assert found == [["d:1:1"]] * MANY
    store.close()
    reopened = open_chroma(tmp_path)
    assert [reopened.ids(f"col{n}") for n in range(MANY)] == [{"d:1:1"}] * MANY
    assert len(reopened.query("col0", vectors[0], 5)) == 1
    reopened.close()


def test_any_order_of_calls_agrees_with_a_dictionary(tmp_path: Path) -> None:
    vectors, draw = _vectors(200), random.Random(5)
    store = open_chroma(tmp_path, open_collections=3)
    model: dict[str, set[str]] = {f"col{n}": set() for n in range(8)}
    for _ in range(300):
        name = draw.choice(sorted(model))
        held = model[name]
        match draw.choice(("add", "add", "remove", "drop" if draw.random() < 0.2 else "query", "query")):
            case "add":
                ids = sorted(
                    {f"{draw.randrange(3)}:1:{draw.randrange(20)}" for _ in range(draw.choice((1, 2, 9)))}
                )
                store.add(name, ids, vectors[[zlib.crc32(one.encode()) % 200 for one in ids]])
                held.update(ids)
            case "remove" if held:
                gone = draw.sample(sorted(held), draw.randint(1, len(held)))
                store.remove(name, gone)
                held.difference_update(gone)
            case "drop":
                store.drop(name)
                held.clear()
            case _:
                assert {one for one, _ in store.query(name, vectors[draw.randrange(200)], 80)} == held
                assert store.ids(name) == held
    store.close()


def test_a_dropped_collection_leaves_no_folder_and_a_crash_in_between_is_tidied_at_the_start(
    tmp_path: Path,
) -> None:
    store = open_chroma(tmp_path)
    store.add("one", _ids(3), _vectors(3))
    store.add("two", _ids(3), _vectors(3))
    assert len(_folders(tmp_path)) == 2
    store.drop("one")
    assert len(_folders(tmp_path)) == 1
    store.close()
    orphan = tmp_path / "3f1c7a52-5a0e-4d7e-9d65-0123456789ab"
    orphan.mkdir()
    (orphan / "data_level0.bin").write_bytes(b"left behind")
    (tmp_path / "not-an-index").mkdir()
    reopened = open_chroma(tmp_path)
    assert len(_folders(tmp_path)) == 2  # "two" and what is not ours
    assert not orphan.exists()
    assert reopened.ids("two") == set(_ids(3))
    reopened.close()


def test_no_text_is_kept_and_nothing_else_than_ids(tmp_path: Path) -> None:
    store = open_chroma(tmp_path)
    store.add("one", _ids(2), _vectors(2))
    store.close()
    with closing(sqlite3.connect(tmp_path / "chroma.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM embeddings").fetchone() == (3,)
        assert database.execute("SELECT count(*) FROM embedding_metadata").fetchone() == (0,)


def test_a_file_in_place_of_the_index_is_unavailable_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"this is no database" * 100)
    with pytest.raises(Unavailable, match="vector index"):
        open_chroma(tmp_path)


def test_a_server_that_is_away_is_unavailable_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    store = connect_chroma(f"http://127.0.0.1:{port}/")
    vectors = _vectors(2)
    with pytest.raises(Unavailable):
        store.ping()
    with chroma_server(tmp_path / "first", port):
        store.add("one", _ids(2), vectors)
    for call in (lambda: store.query("one", vectors[0], 1), lambda: store.ids("one"), store.collections):
        with pytest.raises(Unavailable):
            call()
    with chroma_server(tmp_path / "first", port):
        assert [one for one, _ in store.query("one", vectors[1], 1)] == ["d:1:1"]
    with chroma_server(tmp_path / "second", port):  # an empty one: what we remember of "one" is stale
        assert store.query("one", vectors[1], 1) == []
        store.add("one", _ids(1), vectors[:1])
        assert store.ids("one") == {"d:1:0"}
    store.close()


def test_another_program_behind_the_url_is_unavailable(server_url: str) -> None:
    engine = RemoteChroma(f"{server_url}/docs")
    calls: tuple[Callable[[], object], ...] = (engine.ping, engine.names, lambda: engine.make("one"))
    for call in calls:
        with pytest.raises(Unavailable):
            call()


def _folders(directory: Path) -> list[Path]:
    return [one for one in directory.iterdir() if one.is_dir()]
