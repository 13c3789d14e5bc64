"""Roles on an assistant for others than its owner."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from kit.ids import new_id
from tests.people import Caller, bot, made


def share(owner: Caller, somebody: Caller, assistant: dict[str, Any], role: str) -> None:
    body = {"user_id": somebody.user_id, "role": role}
    assert owner.put(f"/assistants/members/{assistant['_id']}", body).status_code == 200


def listed(caller: Caller, path: str) -> list[str]:
    """The ids of a whole list, read two at a time."""
    found, cursor = [], ""
    while True:
        answer = caller.get(f"{path}?limit=2&cursor={cursor}")
        assert answer.status_code == 200, answer.text
        found += [one["_id"] for one in answer.get_json()]
        cursor = answer.headers.get("X-Next-Cursor", "")
        if not cursor:
            return found


def chat_with(app: Flask, assistant: dict[str, Any], contact: str) -> str:
    said = {"id": contact, "message_service": "Web", "message": "Olá", "active": False}
    return str(bot(app, assistant).post("/chats/enviarMensagemLLM", said).get_json()["chat_id"])


def test_a_role_is_given_changed_listed_and_taken(owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    members, shown = f"/assistants/members/{assistant['_id']}", f"/assistants/get/{assistant['_id']}"

    given = owner.put(members, {"email": f" {outsider.email.upper()}", "role": "viewer"})
    assert given.get_json() | {"createdAt": ""} == {
        "user_id": outsider.user_id,
        "name": "outsider",
        "email": outsider.email,
        "role": "viewer",
        "createdAt": "",
    }
    assert outsider.get(shown).get_json()["role"] == "viewer"
    share(owner, outsider, assistant, "editor")
    assert outsider.get(shown).get_json()["role"] == "editor"
    (one,) = owner.get(f"{members}?count=true").get_json()
    assert (one["user_id"], one["role"], one["createdAt"]) == (
        outsider.user_id,
        "editor",
        given.get_json()["createdAt"],
    )

    assert owner.delete(f"{members}/{outsider.user_id}").status_code == 200
    assert outsider.get(shown).status_code == 404
    assert owner.delete(f"{members}/{outsider.user_id}").status_code == 404
    for named in ({"json": {"email": outsider.email}}, {"query_string": {"user_id": outsider.user_id}}):
        share(owner, outsider, assistant, "viewer")
        assert owner.call("DELETE", members, **named).status_code == 200
        assert owner.get(members).get_json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "viewer"}, "user_id"),
        ({"role": "viewer", "user_id": "x", "email": "x@example.com"}, "user_id"),
        ({"role": "owner", "email": "x@example.com"}, "role"),
        ({"role": "admin", "email": "x@example.com"}, "role"),
        ({"email": "x@example.com"}, "role"),
        ({"role": "viewer", "email": {"$ne": ""}}, "email"),
    ],
)
def test_what_does_not_fit_is_named(owner: Caller, body: dict[str, Any], field: str) -> None:
    answer = owner.put(f"/assistants/members/{owner.new_assistant()['_id']}", body)
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])


def test_nobody_is_a_member_who_is_not_there_or_owns_it(owner: Caller, team_mate: Caller) -> None:
    members = f"/assistants/members/{owner.new_assistant()['_id']}"
    for named in ({"email": "nobody@example.com"}, {"user_id": new_id()}, {"user_id": "x"}):
        assert owner.put(members, {"role": "viewer", **named}).status_code == 404
    assert team_mate.put(members, {"role": "viewer", "email": owner.email}).status_code == 422
    assert team_mate.get(members).get_json() == []


def test_lists_show_what_one_owns_and_what_is_shared_in_one_order(
    app: Flask, owner: Caller, outsider: Caller
) -> None:
    made_here: dict[str, list[str]] = {"assistants": [], "chats": []}
    for n in range(6):
        owner_of_it = (owner, outsider)[n % 2]
        assistant = owner_of_it.new_assistant()
        if n % 2 == 0:
            share(owner, outsider, assistant, "viewer")
        made_here["assistants"].append(assistant["_id"])
        made_here["chats"].append(chat_with(app, assistant, "+551199"))
    foreign = owner.new_assistant()
    chat_with(app, foreign, "+551199")

    for kind, ids in made_here.items():
        assert listed(outsider, f"/{kind}/list") == ids[::-1]
        assert outsider.get(f"/{kind}/list?count=true").headers["X-Total-Count"] == "6"
    assert outsider.get("/chats/get/+551199").get_json()["_id"] == made_here["chats"][-1]
    roles = [one["role"] for one in outsider.get("/assistants/list").get_json()]
    assert roles == ["owner", "viewer"] * 3
    assert len(listed(owner, "/assistants/list")) == 4


def test_a_member_sees_no_key_and_may_send_back_what_it_saw(owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    share(owner, outsider, assistant, "editor")
    path = assistant["_id"]

    seen = outsider.get(f"/assistants/get/{path}").get_json()
    assert (seen["api_key"], seen["old_key_expires_at"]) == (None, None)
    changed = outsider.put(f"/assistants/update/{path}", {**seen, "greeting": "Oi"})
    assert (changed.status_code, changed.get_json()["greeting"]) == (200, "Oi")
    assert outsider.put(f"/assistants/update/{path}", {"api_key": "ask_x"}).status_code == 422


def test_an_editor_cannot_take_an_assistant(owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    share(owner, outsider, assistant, "editor")
    taken = outsider.put(f"/assistants/update/{assistant['_id']}", {"owner_id": outsider.user_id})
    assert taken.status_code == 403
    assert owner.get(f"/assistants/get/{assistant['_id']}").get_json()["owner_id"] == owner.user_id


def test_roles_end_with_the_assistant_and_with_the_account(
    app: Flask, admin: Caller, owner: Caller, outsider: Caller
) -> None:
    kept, deleted, leaving = owner.new_assistant(), owner.new_assistant(), made(app, "leaving")
    for assistant in (kept, deleted):
        share(owner, outsider, assistant, "viewer")
    share(owner, leaving, kept, "editor")

    assert owner.delete(f"/assistants/delete/{deleted['_id']}").status_code == 200
    assert listed(outsider, "/assistants/list") == [kept["_id"]]
    assert admin.delete(f"/auth/users/{leaving.user_id}").status_code == 200
    members = owner.get(f"/assistants/members/{kept['_id']}?count=true")
    assert [one["user_id"] for one in members.get_json()] == [outsider.user_id]
    assert members.headers["X-Total-Count"] == "1"


def test_a_viewer_searches_and_does_not_spend(owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant(model="offline")
    path = assistant["_id"]
    asked = {"prompt": "Oi", "assistant_id": path}
    share(owner, outsider, assistant, "viewer")

    assert outsider.post(f"/assistants/search/{path}", {"query": "Oi"}).status_code == 200
    for door in ("/api/v1/rag", "/api/rag", "/api/v1/rag?async=true"):
        assert outsider.post(door, asked).status_code == 403
    share(owner, outsider, assistant, "editor")
    assert outsider.post("/api/v1/rag", asked).status_code == 200


def test_a_program_of_a_member_has_the_members_role(app: Flask, owner: Caller, outsider: Caller) -> None:
    assistant = owner.new_assistant()
    share(owner, outsider, assistant, "viewer")
    token = outsider.post("/auth/tokens", {"name": "report"}).get_json()["token"]
    program = Caller(app.test_client(), {"Authorization": f"Bearer {token}"})
    assert program.get(f"/assistants/get/{assistant['_id']}").status_code == 200
    assert program.put(f"/assistants/update/{assistant['_id']}", {"name": "X"}).status_code == 403
