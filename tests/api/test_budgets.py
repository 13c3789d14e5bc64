"""Limits of assistants and of their end users, through the bots' door."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from integrations.embeddings.base import Vectors
from services.chats.turn_queue import TurnQueue
from services.generation.embed_texts import EmbedTexts
from services.retrieval.embedders import Embedders
from tests.api.conftest import MakeApp
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import events, messages_of, said, send


@pytest.fixture(autouse=True)
def server(model_server: OpenAIServer) -> Iterator[OpenAIServer]:
    model_server.most_at_once = 0
    model_server.requests.clear()
    yield model_server
    model_server.forget()


class Letters:
    """An embedder of a server's."""

    name, dimensions = "openai:letters-1", 2

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 2), dtype=np.float32)


def limited(owner: Caller, **limits: Any) -> dict[str, Any]:
    return owner.new_assistant(model="test-model", limits=limits)


def test_requests_a_minute_are_counted_before_anything_is_stored(app: Flask, owner: Caller) -> None:
    assistant = limited(owner, requests_per_minute=3)
    if time.time() % 60 > 57:
        time.sleep(3.1)  # a minute that ends in between counts anew
    answers = [send(bot(app, assistant), f"m{n}", id=f"c{n}") for n in range(5)]
    refused = answers[-1]

    assert Counter(one.status_code for one in answers) == {200: 3, 429: 2}
    assert refused.get_json()["error"] == "limit_reached"
    assert refused.get_json()["details"]["limit"] == "requests_per_minute"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert [refused.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")] == ["3", "0"]
    assert int(refused.headers["X-RateLimit-Reset"]) > 1_700_000_000
    assert len(owner.get("/chats/list").get_json()) == 3


def test_each_end_user_has_requests_of_their_own(app: Flask, owner: Caller) -> None:
    assistant = limited(owner, user={"requests_per_minute": 1})
    statuses = [send(bot(app, assistant), "Oi", id=one).status_code for one in ("ana", "ana", "rui")]

    assert statuses == [200, 429, 200]


def test_a_budget_that_is_used_up_is_429_and_the_message_is_answered_when_it_is_raised(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    assistant = limited(owner, tokens_per_day=1)
    refused = send(bot(app, assistant), "Oi", message_id="m1")
    streamed = send(bot(app, assistant), "Oi", message_id="m1", stream=True)

    assert refused.status_code == streamed.status_code == 429
    assert refused.get_json()["details"] | {"resets_at": ""} == {
        "limit": "tokens_per_day",
        "used": 0,
        "allowed": 1,
        "resets_at": "",
    }
    assert refused.get_json()["details"]["resets_at"].endswith("T00:00:00Z")
    assert not server.requests
    [chat] = owner.get("/chats/list").get_json()
    assert [one["status"] for one in messages_of(owner, chat["_id"])] == ["failed"]

    change = {"limits": {"tokens_per_day": 10_000}}
    assert owner.put(f"/assistants/update/{assistant['_id']}", change).status_code == 200
    assert said(bot(app, assistant), "Oi", message_id="m1")["response"] == "Olá do modelo."


def test_at_once_no_more_pass_than_the_budget_holds(app: Flask, owner: Caller, server: OpenAIServer) -> None:
    server.default = Reply(usage=(400, 100), delay_s=0.05)
    assistant = limited(owner, tokens_per_month=20_000)
    assert owner.put(f"/assistants/update/{assistant['_id']}", {"max_tokens": 4000}).status_code == 200

    with ThreadPoolExecutor(16) as many:
        asked = many.map(lambda n: send(bot(app, assistant), "Oi", id=f"c{n}").status_code, range(16))
        statuses = Counter(asked)

    assert statuses.keys() == {200, 429}
    assert server.most_at_once <= 4  # each may take 4000 tokens and its prompt
    [shown] = owner.get(f"/usage/limits?assistant_id={assistant['_id']}").get_json()
    assert shown["used"] == 500 * statuses[200]


def test_a_small_budget_answers_too_and_what_was_tried_for_warns_nobody(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    small = limited(owner, tokens_per_day=200)
    said(bot(app, small), "Oi")
    assert server.bodies()[-1]["max_tokens"] in (64, 16)

    half = limited(owner, tokens_per_day=6_000)
    server.default = Reply(usage=(400, 1_600))
    for _ in range(2):  # for the second there is no room for the longest answer
        said(bot(app, half), "Oi")
    [shown] = owner.get(f"/usage/limits?assistant_id={half['_id']}").get_json()
    assert (shown["used"], shown["state"]) == (4_000, "ok")


@pytest.mark.parametrize("stream", [False, True])
def test_at_the_end_of_a_budget_an_owners_text_answers(
    app: Flask, owner: Caller, server: OpenAIServer, *, stream: bool
) -> None:
    text = "Volte amanhã ou veja https://example.com/mais."
    assistant = limited(owner, tokens_per_day=1, over={"message": text})
    owner.put(f"/assistants/update/{assistant['_id']}", {"has_scratchpad": stream})
    answer = send(bot(app, assistant), "Oi", stream=stream)
    done = events(answer.text)[-1][1] if stream else answer.get_json()

    assert answer.status_code == 200
    assert (done["response"], done["model"], done["sources"]) == (text, "limit_message", [])
    assert not server.requests


def test_at_the_end_of_a_budget_another_model_answers(app: Flask, owner: Caller) -> None:
    assistant = limited(owner, tokens_per_day=1, over={"model": "small-model"})

    assert said(bot(app, assistant), "Oi")["model"] == "small-model"
    assert said(bot(app, assistant), "Oi")["model"] == "small-model"


def test_the_model_is_told_how_long_an_answer_there_is_room_for(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    said(bot(app, limited(owner)), "Oi")
    said(bot(app, limited(owner, tokens_per_day=100_000)), "Oi")
    said(bot(app, limited(owner, tokens_per_day=3_000)), "Oi")

    assert [one.body.get("max_tokens") for one in server.requests] == [None, 4096, 1024]


class TestUsage:
    def test_what_was_used_is_told_by_assistant_model_day_and_user(
        self, app: Flask, owner: Caller, server: OpenAIServer
    ) -> None:
        first, second = limited(owner), limited(owner)
        for one in ("ana", "ana", "rui"):
            said(bot(app, first), "Oi", id=one)
        server.script(Reply(status=400))
        assert send(bot(app, second), "Oi", id="ana").status_code == 502
        by_assistant = owner.get("/usage").get_json()
        by_user = owner.get(f"/usage?group_by=user&assistant_id={first['_id']}").get_json()
        [all_of_it] = owner.get("/usage?group_by=model").get_json()

        assert {one["assistant_id"]: one["requests"] for one in by_assistant} == {
            first["_id"]: 3,
            second["_id"]: 1,
        }
        assert [(one["user_id"], one["requests"]) for one in by_user] == [("ana", 2), ("rui", 1)]
        assert all_of_it | {"money": 0} == {
            "model": "test-model",
            "requests": 4,
            "failed": 1,
            "refused": 0,
            "tokens": {"in": 33, "out": 21},
            "money": 0,
        }
        [of_a_day] = owner.get("/usage?group_by=day&user_id=rui").get_json()
        assert (of_a_day["requests"], len(of_a_day["day"])) == (1, 10)

    def test_a_months_sheet_is_a_file(self, app: Flask, owner: Caller) -> None:
        assistant = owner.new_assistant(name='=HYPERLINK("x")', model="test-model")
        said(bot(app, assistant), "Oi", id="+55 13")
        day = owner.get("/usage?group_by=day").get_json()[0]["day"]
        query = f"month={day[:7]}&assistant_id={assistant['_id']}&group_by=assistant,day,model,user"
        sheet = owner.get(f"/usage?{query}&format=csv")
        same = owner.get(f"/usage?{query}", headers={"Accept": "text/csv"})

        assert sheet.mimetype == "text/csv"
        assert sheet.headers["Content-Disposition"] == f'attachment; filename="usage-{day[:7]}.csv"'
        assert sheet.text == same.text
        assert sheet.text.splitlines() == [
            "assistant_id,assistant,day,model,user_id,requests,failed,refused,tokens_in,tokens_out,money",
            f'{assistant["_id"]},"\'=HYPERLINK(""x"")",{day},test-model,+55 13,1,0,0,11,7,0.000000',
        ]
        assert owner.get("/usage?month=2020-01").get_json() == []

    @pytest.mark.parametrize(
        "query",
        ["month=2026-13", "month=1", "group_by=colour", "since=x", "since=2026-02-01&until=2026-01-01"],
    )
    def test_what_does_not_fit_is_named(self, owner: Caller, query: str) -> None:
        assert owner.get(f"/usage?{query}").status_code == 422

    def test_usage_outlives_its_assistant_without_its_users_and_goes_to_its_new_owner(
        self, app: Flask, admin: Caller, owner: Caller, outsider: Caller
    ) -> None:
        assistant = limited(owner)
        said(bot(app, assistant), "Oi", id="ana")
        owner.get("/usage")
        path = f"/assistants/update/{assistant['_id']}"
        assert admin.put(path, {"owner_id": outsider.user_id}).status_code == 200
        assert (owner.get("/usage").get_json(), owner.get("/requests").get_json()) == ([], [])
        assert len(outsider.get("/requests").get_json()) == 1
        outsider.delete(f"/assistants/delete/{assistant['_id']}")

        assert [one["requests"] for one in outsider.get("/usage").get_json()] == [1]
        assert outsider.get("/usage?group_by=user").get_json() == []
        assert outsider.get("/requests").get_json() == []

    def test_how_near_the_limits_are_is_told(self, app: Flask, owner: Caller, server: OpenAIServer) -> None:
        assistant = limited(owner, tokens_per_day=6_000, user={"tokens_per_month": 5_000})
        server.script(Reply(usage=(4_700, 100)))
        said(bot(app, assistant), "Oi", id="ana")
        [of_all] = owner.get("/usage/limits").get_json()
        [of_ana] = owner.get(f"/usage/limits?assistant_id={assistant['_id']}&user_id=ana").get_json()

        assert (of_all["limit"], of_all["used"], of_all["state"]) == ("tokens_per_day", 4_800, "warning")
        assert (of_ana["limit"], of_ana["user_id"], of_ana["state"]) == ("tokens_per_month", "ana", "warning")


class TestRequestLog:
    def test_every_call_is_there_with_what_came_of_it(
        self, app: Flask, owner: Caller, server: OpenAIServer
    ) -> None:
        assistant = limited(owner)
        said(bot(app, assistant), "É segredo?", id="ana")
        server.script(Reply(status=400))
        send(bot(app, assistant), "Oi", id="rui")
        failed, answered = owner.get(f"/requests?assistant_id={assistant['_id']}").get_json()

        assert (answered["outcome"], answered["model"], answered["user_id"]) == (
            "answered",
            "test-model",
            "ana",
        )
        assert answered["tokens"] == {"in": 11, "out": 7}
        assert answered["attempts"][0]["outcome"] == "answered"
        assert answered["ms"].keys() == {"queue", "retrieval", "model", "total"}
        assert (failed["outcome"], failed["attempts"][0]["outcome"]) == ("model_refused", "model_refused")
        assert "segredo" not in owner.get("/requests").text
        assert len(owner.get("/requests?outcome=answered").get_json()) == 1
        assert owner.get("/requests?since=2099-01-01T00:00:00Z").get_json() == []
        page = owner.get("/requests?limit=1&count=true")
        assert page.headers["X-Total-Count"] == "2"
        cursor = page.headers["X-Next-Cursor"]
        assert owner.get(f"/requests?limit=1&cursor={cursor}").get_json() == [answered]

    def test_texts_are_kept_where_the_assistant_says_so_and_go_with_their_chat(
        self, app: Flask, owner: Caller
    ) -> None:
        assistant = owner.new_assistant(model="test-model", log_content=True)
        said(bot(app, assistant), "É segredo?")
        [call] = owner.get("/requests").get_json()
        assert (call["question"], call["response"]) == ("É segredo?", "Olá do modelo.")
        owner.delete(f"/chats/delete/{call['chat_id']}")

        [call] = owner.get("/requests").get_json()
        assert (call["question"], call["response"]) == (None, None)

    def test_a_refused_call_is_there_too(self, app: Flask, owner: Caller) -> None:
        send(bot(app, limited(owner, tokens_per_day=1)), "Oi")

        assert [one["outcome"] for one in owner.get("/requests").get_json()] == ["limit_reached"]
        assert [one["refused"] for one in owner.get("/usage").get_json()] == [1]


def test_usage_and_log_are_their_owners_and_no_others(
    app: Flask, owner: Caller, outsider: Caller, admin: Caller
) -> None:
    assistant = limited(owner, tokens_per_day=100_000)
    said(bot(app, assistant), "Oi")
    for path in ("/usage", "/requests", "/usage/limits"):
        named = f"{path}?assistant_id={assistant['_id']}"
        assert outsider.get(path).get_json() == []
        assert outsider.get(named).status_code == 404
        assert len(owner.get(named).get_json()) == len(admin.get(named).get_json()) == 1
        assert bot(app, assistant).get(path).status_code == 403


def test_the_door_of_another_application_counts_for_itself(make_app: MakeApp, owner: Caller) -> None:
    """What is counted lies in the house: two applications over one house share it."""
    assistant = limited(owner, requests_per_minute=1)

    assert send(bot(make_app(), assistant), "Oi").status_code == 200
    assert send(bot(make_app(), assistant), "Oi").status_code == 429


def test_an_owners_webhook_is_told_once_that_a_budget_is_nearly_used_up(
    app: Flask, owner: Caller, server: OpenAIServer
) -> None:
    assistant = owner.new_assistant(
        model="test-model",
        limits={"tokens_per_day": 6_000},
        webhook_url="https://example.com/hook",
        webhook_secret="a secret of hers",
    )
    server.default = Reply(usage=(4_700, 100))
    said(bot(app, assistant), "Oi")
    server.default = Reply(usage=(1, 1))
    said(bot(app, assistant), "Oi")
    deliveries = owner.get(f"/assistants/webhooks/{assistant['_id']}").get_json()

    assert [one["event"] for one in deliveries if one["event"] == "budget.warning"] == ["budget.warning"]


class TestOpenAIsDoor:
    """``/v1`` with an assistant's key: the same budgets, errors in OpenAI's shape."""

    CHAT: ClassVar[dict[str, Any]] = {
        "model": "default",
        "messages": [{"role": "user", "content": "Oi"}],
        "user": "ana",
    }

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
    @pytest.mark.parametrize("limit", ["tokens_per_day", "user.tokens_per_month"])
    def test_a_budget_that_is_used_up_is_429(
        self, app: Flask, owner: Caller, server: OpenAIServer, limit: str, *, stream: bool
    ) -> None:
        whose, _, name = limit.rpartition(".")
        caller = bot(app, limited(owner, **({"user": {name: 1}} if whose else {name: 1})))
        refused = caller.post("/v1/chat/completions", {**self.CHAT, "stream": stream})

        is_of_a_budget(refused)
        assert not server.requests
        [logged] = owner.get("/requests").get_json()
        assert (logged["outcome"], logged["purpose"], logged["user_id"]) == ("limit_reached", "openai", "ana")

    def test_embeddings_count(self, app: Flask, owner: Caller) -> None:
        assistant = limited(owner, tokens_per_day=10, user={"requests_per_minute": 2})
        caller = bot(app, assistant)
        made = caller.post("/v1/embeddings", {"input": ["limpeza", "preço"], "user": "ana"}).get_json()
        too_much = caller.post("/v1/embeddings", {"input": "limpeza " * 9, "user": "ana"})
        once_more = caller.post("/v1/embeddings", {"input": "oi", "user": "ana"})
        [of_day] = owner.get(f"/usage/limits?assistant_id={assistant['_id']}").get_json()
        [used] = owner.get("/usage?group_by=model,user").get_json()
        logged = owner.get("/requests").get_json()

        assert of_day["used"] == made["usage"]["total_tokens"] == 4
        is_of_a_budget(too_much)
        assert (once_more.status_code, once_more.get_json()["error"]["code"]) == (429, "limit_reached")
        assert (used["model"], used["user_id"], used["tokens"]) == (made["model"], "ana", {"in": 4, "out": 0})
        assert (used["requests"], used["refused"], used["failed"]) == (3, 2, 0)
        assert [one["outcome"] for one in logged] == ["limit_reached", "limit_reached", "answered"]
        assert {one["purpose"] for one in logged} == {"embeddings"}

    def test_embeddings_cost_what_the_catalogue_says(
        self, admin: Caller, owner: Caller, installation: Installation, make_app: MakeApp
    ) -> None:
        house = installation.house
        embed = EmbedTexts(
            embedders=cast("Embedders", SimpleNamespace(current=Letters())),
            turns=TurnQueue(1),
            limit=house.generation.embed_texts._limit,
        )
        app = make_app(house=replace(house, generation=replace(house.generation, embed_texts=embed)))
        # A thousand for a million tokens: each token costs 0.001.
        caller = bot(app, owner.new_assistant(limits={"money_per_month": 0.01}))
        body = {"input": ["limpeza", "preço"], "user": "ana"}
        unpriced = caller.post("/v1/embeddings", body)
        entry = {"name": "letters", "model": "letters-1", "provider": "openai", "price_in": 1000}
        assert admin.post("/models", entry).status_code == 201
        made = [caller.post("/v1/embeddings", body) for _ in range(3)]
        [used] = owner.get("/usage?group_by=model").get_json()
        logged = owner.get("/requests").get_json()
        assert admin.delete("/models/letters").status_code == 200

        error = unpriced.get_json()["error"]
        assert (unpriced.status_code, error["code"]) == (409, "price_unknown")
        assert "letters-1" in error["message"]
        assert [one.status_code for one in made] == [200, 200, 429]
        assert (used["model"], used["tokens"]["in"], used["money"]) == ("openai:letters-1", 8, 0.008)
        assert [one["money"] for one in logged] == [0, 0.004, 0.004, 0]

    def test_what_does_not_fit_costs_nothing(self, app: Flask, owner: Caller) -> None:
        caller = bot(app, limited(owner, tokens_per_day=10))
        assert caller.post("/v1/embeddings", {"input": "oi", "dimensions": 3}).status_code == 400
        assert owner.get("/requests").get_json() == []

    def test_a_persons_own_calls_are_counted_by_person(
        self, admin: Caller, owner: Caller, outsider: Caller
    ) -> None:
        for one in (owner, outsider):
            assert one.post("/v1/embeddings", {"input": "oi"}).status_code == 200
        by_owner = {one["owner_id"]: one for one in admin.get("/usage?group_by=owner").get_json()}
        [own] = owner.get("/usage?group_by=owner").get_json()
        sheet = owner.get("/usage?group_by=owner&format=csv").text

        assert by_owner[owner.user_id] == own
        assert (own["requests"], own["tokens"]) == (1, {"in": 1, "out": 0})
        assert outsider.user_id in by_owner
        assert sheet.splitlines() == [
            "owner_id,requests,failed,refused,tokens_in,tokens_out,money",
            f"{owner.user_id},1,0,0,1,0,0.000000",
        ]


def is_of_a_budget(answer: TestResponse) -> None:
    error = answer.get_json()["error"]
    assert (answer.status_code, answer.mimetype) == (429, "application/json")
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["code"], error["param"]) == ("rate_limit_error", "limit_reached", None)
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["x-should-retry"] == "false"  # a client that waits until midnight waits too long


@pytest.fixture
def priced(admin: Caller, server: OpenAIServer) -> Iterator[str]:
    """A model of the catalogue with a price."""
    entry = {
        "name": "priced",
        "provider": "openai",
        "base_url": server.base_url,
        "price_in": 1,
        "price_out": 1,
    }
    assert admin.post("/models", entry).status_code == 201
    yield "priced"
    admin.delete("/models/priced")


def test_a_budget_of_money_is_not_taken_with_a_model_without_a_price(owner: Caller, priced: str) -> None:
    money = {"money_per_month": 5}
    refused = owner.post(
        "/assistants/add", {"name": "A", "model": priced, "fallback_models": ["test-model"], "limits": money}
    )
    made = owner.new_assistant(model=priced, limits={"user": money})
    moved = owner.put(f"/assistants/update/{made['_id']}", {"model": "test-model"})
    same = owner.put(
        f"/assistants/update/{made['_id']}", owner.get(f"/assistants/get/{made['_id']}").get_json()
    )

    assert (refused.status_code, moved.status_code, same.status_code) == (422, 422, 200)
    for one in (refused, moved):
        [said_so] = one.get_json()["details"]["limits.money_per_month"]
        assert "no price: test-model" in said_so
    assert owner.new_assistant(model="offline", limits=money)


def test_a_call_whose_money_could_not_be_counted_is_not_made(
    app: Flask, admin: Caller, owner: Caller, server: OpenAIServer, priced: str, installation: Installation
) -> None:
    made = owner.new_assistant(model=priced, limits={"money_per_month": 5, "tokens_per_day": 10**6})
    assert said(bot(app, made), "Oi")["model"] == priced
    before = len(server.requests)

    elsewhere = send(bot(app, made), "Oi", id="b", model="test-model")
    through_v1 = bot(app, made).post(
        "/v1/chat/completions", {"model": "test-model", "messages": [{"role": "user", "content": "Oi"}]}
    )
    admin.put(f"/models/{priced}", {"price_in": None, "price_out": None})
    later = send(bot(app, made), "Oi", id="c")

    assert [one.status_code for one in (elsewhere, through_v1, later)] == [409, 409, 409]
    assert (later.get_json()["error"], later.get_json()["details"]["models"]) == ("price_unknown", [priced])
    assert through_v1.get_json()["error"]["code"] == "price_unknown"
    assert len(server.requests) == before
    shown = owner.get(f"/usage/limits?assistant_id={made['_id']}").get_json()
    assert {one["limit"]: one["unpriced"] for one in shown} == {
        "money_per_month": True,
        "tokens_per_day": False,
    }
    listed = {one["name"]: one["priced"] for one in owner.get("/models").get_json()}
    assert (listed["offline"], listed[priced]) == (True, False)
    [finding] = [
        one for one in installation.house.upkeep.keep_consistent.check(fix=False) if made["_id"] in one
    ]
    assert f"have no price: {priced}" in finding
