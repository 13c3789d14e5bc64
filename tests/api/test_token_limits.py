"""What a personal token may use: at every door that it opens, whatever else bounds the call."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.people import Caller
from tests.servers.openai_server import OpenAIServer, Reply

CHAT = {"model": "test-model", "max_tokens": 100, "messages": [{"role": "user", "content": "Oi"}]}


@pytest.fixture(autouse=True)
def server(model_server: OpenAIServer) -> Iterator[OpenAIServer]:
    model_server.requests.clear()
    yield model_server
    model_server.forget()


def issued(owner: Caller, **limits: Any) -> dict[str, Any]:
    answer = owner.post("/auth/tokens", {"name": "Script", "limits": limits})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def program(app: Flask, token: dict[str, Any]) -> Caller:
    return Caller(app.test_client(), {"Authorization": f"Bearer {token['token']}"})


def at_its_end(answer: TestResponse, limit: str) -> bool:
    error = answer.get_json()
    assert answer.status_code == 429, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert error["error"] == "limit_reached"
    return bool(error["details"]["limit"] == limit)


def test_limits_are_set_shown_and_changed_as_a_whole(owner: Caller, outsider: Caller) -> None:
    token = issued(owner, tokens_per_day=500, requests_per_minute=7)
    unset = {"tokens_per_month": None, "money_per_month": None}
    assert token["limits"] == {"tokens_per_day": 500, "requests_per_minute": 7, **unset}

    path = f"/auth/tokens/{token['_id']}"
    changed = owner.put(path, {"name": "Bot", "limits": {"tokens_per_month": 9}}).get_json()
    assert (changed["name"], changed["limits"]["tokens_per_month"], changed["limits"]["tokens_per_day"]) == (
        "Bot",
        9,
        None,
    )
    assert "token" not in changed
    assert owner.put(path, {"limits": None}).get_json()["limits"] == dict.fromkeys(changed["limits"])
    [listed] = owner.get("/auth/tokens").get_json()
    assert (listed["name"], listed["limits"]) == ("Bot", dict.fromkeys(changed["limits"]))
    assert outsider.put(path, {"name": "x"}).status_code == 404
    assert owner.put("/auth/tokens/x", {"name": "x"}).status_code == 404
    assert owner.put(path, {"limits": {"user": {}}}).status_code == 422


def test_one_with_limits_does_not_lift_them(app: Flask, owner: Caller) -> None:
    token = issued(owner, tokens_per_day=1)
    held = program(app, token)

    assert held.put(f"/auth/tokens/{token['_id']}", {"limits": None}).status_code == 403
    assert held.post("/auth/tokens", {"name": "another"}).status_code == 403
    assert held.get("/auth/tokens").status_code == 200


def test_a_budget_holds_at_every_door_and_begins_anew_when_it_is_raised(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    token = issued(owner, tokens_per_day=5)
    held, assistant = program(app, token), owner.new_assistant(model="test-model")
    rag = {"prompt": "Oi", "assistant_id": assistant["_id"]}

    assert at_its_end(
        held.post("/api/v1/generate", {"prompt": "Oi", "model": "test-model"}), "token.tokens_per_day"
    )
    assert at_its_end(held.post("/api/v1/rag", rag), "token.tokens_per_day")
    v1 = held.post("/v1/chat/completions", CHAT)
    assert (v1.status_code, v1.get_json()["error"]["code"]) == (429, "limit_reached")
    assert held.post("/v1/embeddings", {"input": "muitas palavras " * 9}).status_code == 429
    job = held.post("/api/v1/generate?async=true", {"prompt": "Oi", "model": "test-model"}).get_json()
    for _ in range(200):
        found = held.get(f"/api/v1/jobs/{job['job_id']}").get_json()
        if found["status"] in ("done", "failed"):
            break
        time.sleep(0.02)
    assert found["error"]["code"] == "limit_reached"
    assert not server.requests

    owner.put(f"/auth/tokens/{token['_id']}", {"limits": {"tokens_per_day": 10**6}})
    assert held.post("/v1/chat/completions", CHAT).status_code == 200
    assert owner.post("/v1/chat/completions", CHAT).status_code == 200  # others go on


def test_what_an_assistant_has_for_its_own_end_does_not_lift_a_tokens(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    held = program(app, issued(owner, tokens_per_day=5))
    for over in ({"message": "Amanhã."}, {"model": "test-model"}):
        made = owner.new_assistant(model="test-model", limits={"tokens_per_day": 5, "over": over})
        answer = held.post("/api/v1/rag", {"prompt": "Oi", "assistant_id": made["_id"]})
        # The assistant's own end comes first, and its text costs nobody anything.
        assert answer.status_code == (200 if "message" in over else 429)
    made = owner.new_assistant(
        model="test-model", limits={"tokens_per_day": 10**6, "over": {"message": "Amanhã."}}
    )
    assert at_its_end(
        held.post("/api/v1/rag", {"prompt": "Oi", "assistant_id": made["_id"]}), "token.tokens_per_day"
    )
    assert not server.requests


def test_an_npc_costs_the_token_of_who_plays(app: Flask, admin: Caller, owner: Caller) -> None:
    npc = admin.post(
        "/create_npc/", {"char_descr": "Brom", "world_descr": "Ard", "model": "test-model"}
    ).get_json()
    body = {"chat_id": "a", "npc_id": npc["npc_id"], "message": "Oi"}
    few = program(app, issued(owner, tokens_per_month=3))

    assert at_its_end(few.post("/chat_npc/", body), "token.tokens_per_month")
    assert program(app, issued(owner, tokens_per_month=10**6)).post("/chat_npc/", body).status_code == 200


def test_of_a_hundred_at_once_no_more_pass_than_the_budget_holds(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    server.default = Reply(usage=(1, 100))
    token = issued(owner, tokens_per_day=1200)

    def ask(_: int) -> int:
        return program(app, token).post("/v1/chat/completions", CHAT).status_code

    with ThreadPoolExecutor(16) as many:
        statuses = Counter(many.map(ask, range(100)))

    [shown] = owner.get(f"/usage/limits?token_id={token['_id']}").get_json()
    assert (shown["used"], shown["token_id"]) == (101 * statuses[200], token["_id"])
    assert statuses.keys() == {200, 429}
    assert 9 <= statuses[200] <= 11
    assert shown["used"] <= 1200
    assert shown["state"] == "warning"


def test_requests_a_minute_are_each_tokens_own(app: Flask, owner: Caller) -> None:
    if time.time() % 60 > 57:
        time.sleep(3.1)  # a minute that ends in between counts anew
    one, other = (program(app, issued(owner, requests_per_minute=1)) for _ in range(2))

    statuses = [held.post("/v1/chat/completions", CHAT).status_code for held in (one, one, other)]

    assert statuses == [200, 429, 200]


def test_money_is_not_spent_on_a_model_without_a_price(app: Flask, owner: Caller) -> None:
    refused = program(app, issued(owner, money_per_month=5)).post("/v1/chat/completions", CHAT)

    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "price_unknown")


def test_usage_is_told_by_token_and_what_was_used_counts_when_a_limit_is_set_later(
    app: Flask, owner: Caller, outsider: Caller, server: OpenAIServer
) -> None:
    server.default = Reply(usage=(10, 5))
    token, other = issued(owner), issued(owner)
    for held in (program(app, token), program(app, token), program(app, other)):
        assert held.post("/v1/chat/completions", CHAT).status_code == 200

    rows = {one["token_id"]: one for one in owner.get("/usage?group_by=token").get_json()}
    assert (rows[token["_id"]]["requests"], rows[token["_id"]]["tokens"]) == (2, {"in": 20, "out": 10})
    assert rows[other["_id"]]["requests"] == 1
    [alone] = owner.get(f"/usage?token_id={other['_id']}&group_by=model").get_json()
    assert (alone["model"], alone["requests"]) == ("test-model", 1)
    sheet = owner.get("/usage?group_by=token&format=csv").text
    assert sheet.startswith("token_id,requests,")
    assert owner.get("/usage?group_by=token,user").status_code == 422
    assert outsider.get("/usage?group_by=token").get_json() == []

    owner.put(f"/auth/tokens/{token['_id']}", {"limits": {"tokens_per_month": 31}})
    assert program(app, token).post("/v1/chat/completions", CHAT).status_code == 429
    [shown] = owner.get(f"/usage/limits?token_id={token['_id']}").get_json()
    assert (shown["used"], shown["state"]) == (30, "warning")
    assert outsider.get(f"/usage/limits?token_id={token['_id']}").status_code == 404
