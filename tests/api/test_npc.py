"""The NPC gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.ids import new_id
from tests.api.conftest import MakeApp, new_person
from tests.people import Caller, nobody
from tests.servers.openai_server import OpenAIServer, Reply

ADMIN_KEY = "an operator's key"
SMITH = {"char_descr": "Brom, a tired blacksmith.", "world_descr": "Ard.", "has_scratchpad": True}
THOUGHT = Reply("<scratchpad>He wants a sword.</scratchpad>What do you need?")


@pytest.fixture
def npc(admin: Caller) -> str:
    answer = admin.post("/create_npc/", {**SMITH, "model": "test-model"})
    assert answer.status_code == 200, answer.text
    assert answer.get_json().keys() == {"status", "npc_id"}
    return str(answer.get_json()["npc_id"])


@pytest.fixture
def player(app: Flask, admin: Caller) -> Callable[[], Caller]:
    """Somebody with a personal API token, sent as the gateway's clients send it: without ``Bearer``."""

    def make() -> Caller:
        person = new_person(app, admin, "player")
        token = person.post("/auth/tokens", {"name": "game"}).get_json()["token"]
        return replace(nobody(app), headers={"Authorization": token}, user_id=person.user_id)

    return make


def say(caller: Caller, npc: str, message: str = "Good day!", chat_id: str = "inn") -> dict[str, Any]:
    answer = caller.post("/chat_npc/", {"chat_id": chat_id, "npc_id": npc, "message": message})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def history(caller: Caller, token: str, chat_id: str = "inn", **more: Any) -> list[dict[str, Any]]:
    answer = caller.get(f"/chat/{token}/{chat_id}/history", **more)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json())


def test_whoever_holds_a_token_talks_to_an_npc(
    player: Callable[[], Caller], npc: str, server: OpenAIServer
) -> None:
    server.script(THOUGHT)
    answer = say(player(), npc)
    assert answer == {
        "response": "What do you need?",
        "chat_id": "inn",
        "npc_id": npc,
        "model": "test-model",
        "tokens": {"in": 11, "out": 7, "estimated": False},
    }


def test_bearer_before_the_token_is_the_same(
    player: Callable[[], Caller], npc: str, server: OpenAIServer
) -> None:
    one = player()
    with_bearer = replace(one, headers={"Authorization": f"Bearer {one.headers['Authorization']}"})
    server.script(THOUGHT, Reply("Aye."))
    say(one, npc)
    say(with_bearer, npc, "And a sword.")
    assert "What do you need?" in str(server.bodies()[-1])


def test_two_callers_with_the_same_chat_id_never_meet(
    player: Callable[[], Caller], npc: str, server: OpenAIServer
) -> None:
    server.script(Reply("Nine coins."), Reply("Hm?"))
    say(player(), npc, "My secret is the well.")
    say(player(), npc, "What did I say?")
    assert "the well" not in str(server.bodies()[-1])


def test_an_ended_session_begins_anew(player: Callable[[], Caller], npc: str, server: OpenAIServer) -> None:
    one = player()
    server.script(Reply("Nine coins."), Reply("Ten."), Reply("Hm?"))
    say(one, npc, "How much?")
    say(one, npc, "Still?")
    assert "Nine coins." in str(server.bodies()[-1])
    ended = one.post("/end_chat_session/?chat_id=inn")
    assert (ended.status_code, ended.get_json()) == (200, {"status": "ended"})
    say(one, npc, "What did you say?")
    assert "coins" not in str(server.bodies()[-1])
    assert one.post("/end_chat_session/?chat_id=inn").status_code == 200
    assert one.post("/end_chat_session/?chat_id=another").status_code == 404
    assert one.post("/end_chat_session/").status_code == 422


def test_admins_read_a_session_by_the_token_or_its_id_and_nobody_else_does(
    player: Callable[[], Caller], npc: str, admin: Caller, outsider: Caller, server: OpenAIServer
) -> None:
    one, other = player(), player()
    token = one.headers["Authorization"]
    server.script(THOUGHT, Reply("Aye."), Reply("Who are you?"))
    say(one, npc)
    one.post("/end_chat_session/?chat_id=inn")
    say(one, npc, "A sword.")
    say(other, npc, "Another's.")

    lines = history(admin, token)
    assert [one["content"] for one in lines] == ["Good day!", "What do you need?", "A sword.", "Aye."]
    assert [one["scratchpad"] for one in lines] == ["", "He wants a sword.", "", ""]
    by_id = (
        replace(one, headers={"Authorization": f"Bearer {token}"}).get("/auth/tokens").get_json()[0]["_id"]
    )
    assert history(admin, by_id) == lines
    for caller in (one, outsider):
        assert caller.get(f"/chat/{token}/inn/history").status_code in (401, 403)
    assert admin.get(f"/chat/{token}/nowhere/history").status_code == 404
    assert admin.get(f"/chat/{new_id()}/inn/history").status_code == 404
    assert admin.get("/chat/pat_wrong/inn/history").status_code == 404


def test_a_long_history_comes_in_pages(
    player: Callable[[], Caller], npc: str, admin: Caller, server: OpenAIServer
) -> None:
    one = player()
    token = one.headers["Authorization"]
    for message in ("a", "b"):
        say(one, npc, message)
        one.post("/end_chat_session/?chat_id=inn")
    whole = history(admin, token)
    pages: list[Any] = []
    cursor = ""
    while len(pages) < 10:
        answer = admin.get(
            f"/chat/{token}/inn/history", query_string={"limit": 3, "cursor": cursor, "count": "true"}
        )
        pages += answer.get_json()
        assert answer.headers["X-Total-Count"] == "4"
        cursor = answer.headers.get("X-Next-Cursor", "")
        if not cursor:
            break
    assert pages == whole


def test_the_operators_key_makes_npcs_of_the_first_admin_and_reads_histories(
    make_app: MakeApp, installation: Installation, admin: Caller, player: Callable[[], Caller]
) -> None:
    accounts = installation.house.accounts
    authenticate = accounts.authenticate
    known = type(authenticate).__new__(type(authenticate))
    known.__dict__.update(authenticate.__dict__, _admin_key=ADMIN_KEY)
    app = make_app(replace(installation.house, accounts=replace(accounts, authenticate=known)))
    for value in (ADMIN_KEY, f"Bearer {ADMIN_KEY}"):
        script = replace(nobody(app), headers={"Authorization": value})
        made = script.post("/create_npc/", {"char_descr": "x", "world_descr": "y", "has_scratchpad": False})
        assert made.status_code == 200, made.text
        assert (
            admin.get(f"/assistants/get/{made.get_json()['npc_id']}").get_json()["owner_id"] == admin.user_id
        )
        for elsewhere in ("/auth/me", "/models", "/chats/outbox", "/v1/models", "/usage"):
            assert script.get(elsewhere).status_code == 403, elsewhere
        assert script.post("/chat_npc/", {}).status_code == 403
    wrong = replace(nobody(app), headers={"Authorization": "Bearer another key"})
    assert wrong.post("/create_npc/", SMITH).status_code == 401
    assert nobody(app).post("/create_npc/", SMITH).status_code == 401


def test_only_admins_make_npcs_and_only_tokens_talk(
    app: Flask, owner: Caller, npc: str, player: Callable[[], Caller]
) -> None:
    assert owner.post("/create_npc/", SMITH).status_code == 403
    assert owner.post("/chat_npc/", {"chat_id": "a", "npc_id": npc, "message": "b"}).status_code == 403
    assert nobody(app).post("/chat_npc/", {}).status_code == 401
    assert player().post("/chat_npc/", {"chat_id": "a", "npc_id": npc, "mesage": "b"}).status_code == 422
    # Somebody's assistant is no NPC.
    mine = owner.new_assistant()["_id"]
    assert player().post("/chat_npc/", {"chat_id": "a", "npc_id": mine, "message": "b"}).status_code == 404
    assert player().post("/chat_npc/", {"chat_id": "a", "npc_id": "x", "message": "b"}).status_code == 404
