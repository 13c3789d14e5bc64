"""Copies of small collections on disk, and who answers from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from integrations.vectorstores.collection_files import CollectionFiles
from integrations.vectorstores.remembered import BYTES_AN_ID, RememberedVectors
from kit.errors import Unavailable
from tests.unit.integrations.vectorstores.test_remembered import (
    DIMENSIONS,
    Store,
    nearest_id,
    some_ids,
    some_vectors,
)

OWN = some_vectors(10)


@pytest.fixture
def files(tmp_path: Path) -> CollectionFiles:
    return CollectionFiles(tmp_path / "vectors")


@pytest.fixture
def store(files: CollectionFiles) -> Store:
    """One whose only collection was added, and asked once."""
    store = Store()
    vectors = RememberedVectors(store, files)
    vectors.add("one", some_ids(10), OWN)
    vectors.query("one", OWN[0], 1)
    store.asked.clear()
    return store


def test_a_copy_holds_ids_and_directions(files: CollectionFiles, store: Store) -> None:
    copy = files.read("one")
    assert copy is not None
    units = OWN / np.linalg.norm(OWN, axis=1, keepdims=True)
    assert copy[0] == list(store.held["one"])
    np.testing.assert_allclose(copy[1], units, atol=1e-3)


def test_after_a_start_the_store_is_not_asked(files: CollectionFiles, store: Store) -> None:
    vectors = RememberedVectors(store, files)
    assert [nearest_id(vectors, "one", one) for one in OWN] == some_ids(10)
    assert not store.asked


def test_what_has_no_room_is_read_from_its_copy_each_time(files: CollectionFiles, store: Store) -> None:
    vectors = RememberedVectors(store, files, room=5 * (4 * DIMENSIONS + BYTES_AN_ID))
    assert [nearest_id(vectors, "one", one) for one in OWN] == some_ids(10)
    assert not store.asked


@pytest.mark.parametrize("change", ["add", "remove", "drop"])
def test_a_change_forgets_the_copy_before_it_is_made(
    files: CollectionFiles, store: Store, change: str
) -> None:
    vectors = RememberedVectors(store, files)
    if change == "add":
        vectors.add("one", ["e:0"], some_vectors(1, seed=1))
    elif change == "remove":
        vectors.remove("one", ["d:3"])
    else:
        vectors.drop("one")
    assert files.read("one") is None
    found = {one for one, _ in RememberedVectors(store, files).query("one", OWN[3], 100)}
    assert found == set(store.held.get("one", ()))


def test_one_that_fails_midway_leaves_no_copy(files: CollectionFiles, store: Store) -> None:
    store.fails = True
    with pytest.raises(Unavailable):
        RememberedVectors(store, files).add("one", ["half done"], some_vectors(1, seed=1))
    assert nearest_id(RememberedVectors(store, files), "one", some_vectors(1, seed=1)[0]) == "half done"


def test_what_is_read_while_it_changes_is_not_copied(files: CollectionFiles, store: Store) -> None:
    vectors = RememberedVectors(store, files)
    vectors.remove("one", ["d:9"])
    store.while_reading = lambda: vectors.add("one", ["late"], OWN[9:])
    vectors.query("one", OWN[9], 1)
    assert files.read("one") is None
    store.while_reading = lambda: None
    assert nearest_id(RememberedVectors(store, files), "one", OWN[9]) == "late"


def test_a_damaged_copy_is_none(files: CollectionFiles, store: Store, tmp_path: Path) -> None:
    (path,) = (tmp_path / "vectors").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert files.read("one") is None
    assert not path.exists()
    assert nearest_id(RememberedVectors(store, files), "one", OWN[4]) == "d:4"


def test_without_a_directory_to_write_to_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store()
    vectors = RememberedVectors(store, CollectionFiles(tmp_path / "file"))
    vectors.add("one", some_ids(10), OWN)
    assert nearest_id(vectors, "one", OWN[4]) == "d:4"


def test_an_empty_collection_has_no_copy(files: CollectionFiles) -> None:
    assert RememberedVectors(Store(), files).query("none", OWN[0], 5) == []
    assert files.read("none") is None
