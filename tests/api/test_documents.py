"""Documents as their people see them, and nobody else."""

from __future__ import annotations

from typing import Any

from flask import Flask

from kit.ids import new_id
from tests.people import Caller, bot
from tests.uploads import PRICES

SHOWN = {
    "_id", "filepath", "filename", "type", "assistant_id", "createdAt", "status", "progress", "error", "size",
    "sha256", "chunks",
}  # fmt: skip


def test_lists_hold_the_callers_documents_newest_first(
    owner: Caller, outsider: Caller, assistant: dict[str, Any]
) -> None:
    other = owner.new_assistant()
    made = [owner.upload(assistant["_id"], f"{n}.md", PRICES).get_json()["_id"] for n in range(3)]
    elsewhere = owner.upload(other["_id"], "0.md", PRICES).get_json()["_id"]
    outsider.upload(outsider.new_assistant()["_id"], "theirs.md", PRICES)
    of_assistant = f"/documents/list?assistant_id={assistant['_id']}"

    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [elsewhere, *made[::-1]]
    assert [one["_id"] for one in owner.get(of_assistant).get_json()] == made[::-1]
    first = owner.get(f"{of_assistant}&limit=2&count=true")
    assert [one["_id"] for one in first.get_json()] == [made[2], made[1]]
    assert first.headers["X-Total-Count"] == "3"
    rest = owner.get(f"{of_assistant}&limit=2&cursor={first.headers['X-Next-Cursor']}")
    assert [one["_id"] for one in rest.get_json()] == [made[0]]
    assert "X-Next-Cursor" not in rest.headers
    assert "X-Total-Count" not in rest.headers
    assert owner.get("/documents/list").get_json()[0].keys() >= SHOWN


def test_nobody_elses_documents_can_be_seen_or_touched(
    app: Flask, owner: Caller, outsider: Caller, team_mate: Caller, assistant: dict[str, Any]
) -> None:
    document = owner.ready_document(assistant["_id"], "a.md", PRICES)
    routes = [
        ("GET", "/documents/get/{}"),
        ("GET", "/documents/path/get/{}"),
        ("PUT", "/documents/path/get/{}"),
        ("GET", "/documents/download/{}"),
        ("POST", "/documents/reindex/{}"),
        ("DELETE", "/documents/delete/{}"),
    ]
    for method, route in routes:
        theirs = outsider.call(method, route.format(document["_id"]))
        missing = outsider.call(method, route.format(new_id()))
        malformed = outsider.call(method, route.format("not-an-id"))
        assert (theirs.status_code, missing.status_code, malformed.status_code) == (404, 404, 404), route
        assert replace_id(theirs.get_json()) == replace_id(missing.get_json())
        assert bot(app, assistant).call(method, route.format(document["_id"])).status_code == 403
    assert outsider.upload(assistant["_id"], "b.md", PRICES).status_code == 404
    assert outsider.get(f"/documents/list?assistant_id={assistant['_id']}").status_code == 404
    assert owner.get("/documents/list?assistant_id=nonsense").status_code == 404
    assert owner.upload("nonsense", "a.md", PRICES).status_code == 404
    assert [one["_id"] for one in owner.get("/documents/list").get_json()] == [document["_id"]]
    assert team_mate.get(f"/documents/download/{document['_id']}").data == PRICES.encode()


def replace_id(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "request_id": ""}
