"""A document of a name that is there already takes its place, in one step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from tests.people import Caller
from tests.talk import wait_until
from tests.uploads import PRICES, WITHIN_S, Gate, again, found


def test_the_same_name_again_replaces_the_document(
    owner: Caller, assistant: dict[str, Any], gate: Gate, on_disk: Callable[[str], list[str]]
) -> None:
    gate.leave.set()
    old = owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 100 reais.")
    gate.leave.clear()
    gate.reached.clear()
    answer = owner.upload(assistant["_id"], "a.md", "A limpeza custa 200 reais.")
    new = answer.get_json()
    assert gate.reached.wait(WITHIN_S)

    assert (answer.status_code, new["_id"] != old["_id"]) == (201, True)
    assert owner.get(f"/documents/get/{old['_id']}").get_json()["status"] == "ready"
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [new["_id"], old["_id"]]
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [old["_id"]]
    assert b"100" in owner.get(f"/documents/download/{old['_id']}").data
    assert b"200" in owner.get(f"/documents/download/{new['_id']}").data
    gate.leave.set()
    assert owner.settled(new["_id"])["status"] == "ready"
    assert owner.get(f"/documents/get/{old['_id']}").status_code == 404
    assert owner.get(f"/documents/download/{old['_id']}").status_code == 404
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [new["_id"]]
    passages = found(owner, assistant, "limpeza")
    assert [(one["document_id"], "200" in one["text"]) for one in passages] == [(new["_id"], True)]
    wait_until(lambda: on_disk(assistant["_id"]) == [new["filepath"]])
    assert b"200" in owner.get(f"/documents/download/{new['_id']}").data


def test_a_replacement_that_cannot_be_read_leaves_the_old_one_in_answers(
    owner: Caller, assistant: dict[str, Any], on_disk: Callable[[str], list[str]]
) -> None:
    old = owner.ready_document(assistant["_id"], "a.json", '{"limpeza": "custa 100 reais"}')
    new = owner.ready_document(assistant["_id"], "a.json", "{")

    assert (new["status"], owner.get(f"/documents/get/{old['_id']}").get_json()["status"]) == (
        "failed",
        "ready",
    )
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [old["_id"]]
    third = owner.ready_document(assistant["_id"], "a.json", '{"limpeza": "custa 300 reais"}')
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [third["_id"]]
    wait_until(lambda: [one["_id"] for one in owner.get("/documents/list").get_json()] == [third["_id"]])
    wait_until(lambda: on_disk(assistant["_id"]) == [third["filepath"]])


def test_replace_false_is_409_and_changes_nothing(owner: Caller, assistant: dict[str, Any]) -> None:
    old = owner.ready_document(assistant["_id"], "a.md", PRICES)
    refused = owner.upload(assistant["_id"], "../a.md", "other", replace="false")

    assert (refused.status_code, refused.get_json()["error"]) == (409, "name_taken")
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [old["_id"]]
    assert owner.get(f"/documents/download/{old['_id']}").data == PRICES.encode()
    assert owner.upload(assistant["_id"], "b.md", PRICES, replace="false").status_code == 201
    assert owner.upload(assistant["_id"], "a.md", PRICES, "prompt", replace="false").status_code == 201
    other = owner.new_assistant()
    assert owner.upload(other["_id"], "a.md", PRICES, replace="false").status_code == 201
    assert owner.delete(f"/documents/delete/{old['_id']}").status_code == 200
    assert owner.upload(assistant["_id"], "a.md", PRICES, replace="false").status_code == 201


def test_of_many_uploads_of_one_name_at_once_one_wins(
    app: Flask, owner: Caller, assistant: dict[str, Any], on_disk: Callable[[str], list[str]]
) -> None:
    def upload(n: int) -> int:
        return again(app, owner).upload(assistant["_id"], "a.md", f"{n}", replace="false").status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(upload, range(8)))
    assert statuses == [201, *[409] * 7]
    with ThreadPoolExecutor(8) as threads:
        ids = list(
            threads.map(
                lambda n: (
                    again(app, owner)
                    .upload(assistant["_id"], "a.md", f"A limpeza custa {n} reais.")
                    .get_json()["_id"]
                ),
                range(8),
            )
        )
    newest = max(ids)
    wait_until(lambda: [one["_id"] for one in owner.get("/documents/list").get_json()] == [newest])
    owner.settled(newest)
    assert [one["document_id"] for one in found(owner, assistant, "limpeza")] == [newest]
    wait_until(lambda: on_disk(assistant["_id"]) == [f"documents/{assistant['_id']}/knowledge/a.md"])


def test_there_is_no_moment_without_either_nor_with_both(
    app: Flask, owner: Caller, assistant: dict[str, Any]
) -> None:
    owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 0 reais.")
    owner.ready_document(assistant["_id"], "outro.md", "O clareamento custa 900 reais.")
    seen: list[str] = []
    listed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        watcher = again(app, owner)
        while not over.is_set():
            of_name = [one for one in found(watcher, assistant, "limpeza custa") if one["filename"] == "a.md"]
            seen.append(", ".join(one["text"] for one in of_name))
            documents = watcher.get(f"/documents/list?assistant_id={assistant['_id']}").get_json()
            listed.append(sum(one["filename"] == "a.md" and one["status"] == "ready" for one in documents))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for n in range(1, 9):
            owner.ready_document(assistant["_id"], "a.md", f"A limpeza custa {n} reais.")
    finally:
        over.set()
        watcher.join()
    prices = [text.removeprefix("A limpeza custa ").removesuffix(" reais.") for text in seen]
    assert set(prices) <= {str(n) for n in range(9)}, set(seen)
    assert prices == sorted(prices)
    assert set(listed) == {1}
