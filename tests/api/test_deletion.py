"""Deleting a document, and reading one anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from bootstrap.installation import Installation
from jobs.threads import Threads
from kit.errors import Unavailable
from tests.people import Caller
from tests.talk import wait_until
from tests.uploads import PRICES, WITHIN_S, Gate, found


def test_deleting_removes_record_file_chunks_and_vectors(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    on_disk: Callable[[str], list[str]],
) -> None:
    gone = owner.ready_document(assistant["_id"], "a.md", PRICES)
    stays = owner.ready_document(assistant["_id"], "b.md", PRICES.replace("120", "130"))
    answer = owner.delete(f"/documents/delete/{gone['_id']}")

    assert answer.status_code == 200
    assert answer.get_json().keys() == {"message"}
    assert owner.get(f"/documents/get/{gone['_id']}").status_code == 404
    assert owner.delete(f"/documents/delete/{gone['_id']}").status_code == 404
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [stays["_id"]]
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [stays["_id"]]
    assert on_disk(assistant["_id"]) == [stays["filepath"]]
    left = what_is_stored(installation, assistant)
    assert left == {stays["_id"]}


def what_is_stored(installation: Installation, assistant: dict[str, Any]) -> set[str]:
    """The ids of the documents that anything in the records or the vectors belongs to."""
    index = installation.house.documents.index_document
    documents = {one.id for one in index._documents.all_of(assistant["_id"])}
    chunks = {
        document_id for _, document_id in index._write_chunks._chunks.keys_of_assistant(assistant["_id"])
    }
    names = [name for name in index._write_chunks._vectors.collections() if name.startswith(assistant["_id"])]
    vectors = {one.partition(":")[0] for name in names for one in index._write_chunks._vectors.ids(name)}
    return documents | chunks | vectors


def test_deleting_while_it_is_indexed_leaves_nothing(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    gate: Gate,
    on_disk: Callable[[str], list[str]],
) -> None:
    document = owner.upload(assistant["_id"], "a.md", PRICES).get_json()
    assert gate.reached.wait(WITHIN_S)
    assert owner.delete(f"/documents/delete/{document['_id']}").status_code == 200
    again = owner.upload(assistant["_id"], "a.md", PRICES.replace("120", "130")).get_json()
    gate.leave.set()

    assert owner.settled(again["_id"])["status"] == "ready"
    assert owner.get(f"/documents/download/{again['_id']}").data == PRICES.replace("120", "130").encode()
    wait_until(lambda: what_is_stored(installation, assistant) == {again["_id"]})
    assert on_disk(assistant["_id"]) == [again["filepath"]]


def test_deleting_the_assistant_while_a_document_is_indexed_leaves_nothing(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    gate: Gate,
    on_disk: Callable[[str], list[str]],
) -> None:
    owner.upload(assistant["_id"], "a.md", PRICES)
    assert gate.reached.wait(WITHIN_S)
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    gate.leave.set()

    wait_until(lambda: cast("Threads", installation.engine).idle)
    assert what_is_stored(installation, assistant) == set()
    assert on_disk(assistant["_id"]) == []
    collections = installation.house.documents.index_document._write_chunks._vectors.collections()
    assert not any(name.startswith(assistant["_id"]) for name in collections)


def test_reading_anew_is_202_and_keeps_answering(
    owner: Caller, assistant: dict[str, Any], gate: Gate
) -> None:
    gate.leave.set()
    document = owner.ready_document(assistant["_id"], "a.md", PRICES)
    gate.leave.clear()
    gate.reached.clear()
    answer = owner.post(f"/documents/reindex/{document['_id']}")
    assert gate.reached.wait(WITHIN_S)

    assert (answer.status_code, answer.get_json().keys()) == (202, {"message"})
    during = owner.get(f"/documents/get/{document['_id']}").get_json()
    assert (during["status"], during["progress"] < 100) == ("ready", True)
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [document["_id"]]
    assert owner.post(f"/documents/reindex/{document['_id']}").status_code == 202  # again is the same
    gate.leave.set()
    after = owner.settled(document["_id"])
    assert {**after, "progress": 0} == {**document, "progress": 0}
    assert len(found(owner, assistant, "limpeza")) == 1


def test_what_failed_for_want_of_vectors_is_indexed_later(
    owner: Caller,
    assistant: dict[str, Any],
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index, refused = installation.house.documents.index_document, threading.Event()
    monkeypatch.setattr("jobs.background.BACK_OFF_S", (0.01,))
    monkeypatch.setattr("services.documents.index_document.MOST_ATTEMPTS", 3)
    vectors = index._write_chunks._vectors
    tries: list[str] = []

    class Down:
        def __getattr__(self, name: str) -> Any:
            tries.append(name)
            if len(tries) > 6:
                refused.set()
            raise Unavailable

    monkeypatch.setattr(index._write_chunks, "_vectors", Down())
    document = owner.upload(assistant["_id"], "a.md", PRICES).get_json()
    assert refused.wait(WITHIN_S)
    assert owner.get(f"/documents/get/{document['_id']}").get_json()["status"] == "pending"
    monkeypatch.setattr(index._write_chunks, "_vectors", vectors)
    assert owner.settled(document["_id"])["status"] == "ready"
