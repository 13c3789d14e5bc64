"""The model catalogue through the door, and assistants' own keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from models.usage import LIMIT_MESSAGE
from services.chats.answer_cache import MODEL as MODEL_OF_CACHE
from services.chats.curated_answer import MODEL as MODEL_OF_FAQ
from services.chats.settle_turn import FALLBACK_MESSAGE
from tests.people import Caller, bot, nobody
from tests.servers.openai_server import OpenAIServer, Reply
from tests.servers.other_model_servers import OllamaServer, PlainServer
from tests.talk import events, said, send

KEY = "sk-a-key-of-some-length-1234"
OWN = "sk-the-key-of-the-client-5678"


@pytest.fixture
def other() -> Iterator[OpenAIServer]:
    """A second server of models."""
    with OpenAIServer(Reply("Do outro.")) as server:
        yield server


@pytest.fixture
def made(admin: Caller) -> Iterator[Any]:
    """Make a model; it is gone after the test."""
    names: list[str] = []

    def make(name: str, **more: Any) -> dict[str, Any]:
        answer = admin.post("/models", {"name": name, "provider": "openai", **more})
        assert answer.status_code == 201, answer.text
        names.append(name)
        return dict(answer.get_json())

    yield make
    for name in reversed(names):
        admin.put(f"/models/{name}", {"fallbacks": []})
        admin.delete(f"/models/{name}")


def test_admins_see_everything_and_others_names_and_providers(
    admin: Caller, owner: Caller, app: Flask, made: Any
) -> None:
    model = made("org/m:8b", api_key=KEY, context=8000, price_in=1.5, price_out=2, max_concurrent=4)
    assert model["api_key"] == "••••1234"
    assert (model["source"], model["ready"], model["default"], model["fallbacks"]) == (
        "records",
        True,
        False,
        [],
    )
    assert admin.get("/models/org/m:8b").get_json() == model

    shown = {one["name"]: one for one in admin.get("/models").get_json()}
    assert shown["org/m:8b"] == model
    assert (shown["offline"]["source"], shown["test-model"]["source"]) == ("built_in", "settings")
    assert shown["test-model"]["api_key"] == "••••"
    [first, *_] = admin.get("/models").get_json()
    assert (first["name"], first["default"]) == ("offline", True)
    assert KEY not in admin.get("/models").text

    assert owner.get("/models/org/m:8b").get_json() == {
        "name": "org/m:8b",
        "provider": "openai",
        "default": False,
        "priced": True,
    }
    fields = {"name", "provider", "default", "priced"}
    assert all(one.keys() == fields for one in owner.get("/models").get_json())
    assert nobody(app).get("/models").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/models"), ("PUT", "/models/x"), ("DELETE", "/models/x"), ("POST", "/models/test/offline")],
)
def test_only_admins_change_or_test(owner: Caller, method: str, path: str) -> None:
    body = {"name": "x", "provider": "openai"} if method == "POST" else {}
    assert owner.call(method, path, json=body).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "n"}, "provider"),
        ({"name": "n", "provider": "magic"}, "provider"),
        ({"name": "n m", "provider": "openai"}, "name"),
        *(
            ({"name": name, "provider": "offline"}, "name")
            for name in ("test/n", "n/", "n//m", "n/../m", "n/.", MODEL_OF_FAQ, MODEL_OF_CACHE)
        ),
        *(({"name": name, "provider": "offline"}, "name") for name in (LIMIT_MESSAGE, FALLBACK_MESSAGE)),
        ({"name": "n", "provider": "openai", "colour": 1}, "colour"),
        ({"name": "n", "provider": "openai", "base_url": "file:///etc/passwd"}, "base_url"),
        ({"name": "n", "provider": "openai", "base_url": "http://a:b@c/"}, "base_url"),
        ({"name": "n", "provider": "http"}, "base_url"),
        ({"name": "n", "provider": "openai", "fallbacks": ["nobody"]}, "fallbacks"),
        ({"name": "n", "provider": "openai", "fallbacks": ["n"]}, "fallbacks"),
        ({"name": "n", "provider": "openai", "price_in": -1}, "price_in"),
        ({"name": "n", "provider": "openai", "max_concurrent": 0}, "max_concurrent"),
        ({"name": "n", "provider": "openai", "timeout_s": 0}, "timeout_s"),
        ({"name": "n", "provider": "openai", "api_key": "a key"}, "api_key"),
        ({"name": "n", "provider": "openai", "api_key": "••••1234"}, "api_key"),
        ({"name": "n", "provider": {"$ne": None}}, "provider"),
    ],
)
def test_what_does_not_fit_is_422(admin: Caller, body: dict[str, Any], field: str) -> None:
    answer = admin.post("/models", body)
    assert answer.status_code == 422, answer.text
    assert field in answer.get_json()["details"]


def test_names_are_unique_and_what_stands_elsewhere_is_read_only(admin: Caller, made: Any) -> None:
    made("mine")
    assert admin.post("/models", {"name": "mine", "provider": "openai"}).status_code == 409
    assert admin.post("/models", {"name": "offline", "provider": "openai"}).status_code == 409
    refused = admin.put("/models/test-model", {"context": 1})
    assert refused.status_code == 409
    assert "settings" in refused.get_json()["message"]
    assert admin.delete("/models/offline").status_code == 409
    assert admin.put("/models/nobody", {"context": 1}).status_code == 404
    assert admin.delete("/models/nobody").status_code == 404
    assert admin.post("/models/test/nobody").status_code == 404


def test_a_model_may_stand_in_place_of_one_from_the_settings(admin: Caller, made: Any) -> None:
    assert made("test-model", price_in=3)["source"] == "records"
    assert admin.delete("/models/test-model").status_code == 200
    assert admin.get("/models/test-model").get_json()["source"] == "settings"


def test_fall_backs_exist_go_in_no_circle_and_are_not_pulled_away(admin: Caller, made: Any) -> None:
    made("two")
    made("one", fallbacks=["two"])
    circle = admin.put("/models/two", {"fallbacks": ["one"]})
    assert circle.status_code == 422
    assert "circle" in circle.get_json()["details"]["fallbacks"][0]
    assert admin.delete("/models/two").status_code == 409
    assert admin.put("/models/one", {"fallbacks": []}).status_code == 200
    assert admin.delete("/models/two").status_code == 200


def test_what_was_got_is_sent_back_unchanged_and_the_key_is_kept(
    admin: Caller, made: Any, other: OpenAIServer
) -> None:
    made("keyed", base_url=other.base_url, api_key=KEY)
    got = admin.get("/models/keyed").get_json()
    assert admin.put("/models/keyed", got).get_json() == got
    assert admin.put("/models/keyed", {"context": 100}).get_json() == {**got, "context": 100}
    assert admin.put("/models/keyed", {"name": "another"}).status_code == 422
    assert admin.put("/models/keyed", {"api_key": "••••9999"}).status_code == 422

    tested = admin.post("/models/test/keyed").get_json()
    assert (tested["ok"], tested["response"], tested["error"]) == (True, "Do outro.", None)
    assert other.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert admin.put("/models/keyed", {"api_key": ""}).get_json()["api_key"] == ""


def test_a_key_does_not_go_along_to_another_address(
    admin: Caller, made: Any, other: OpenAIServer, model_server: OpenAIServer
) -> None:
    made("moving", base_url="http://127.0.0.1:9/v1", api_key=KEY)
    for body in ({"base_url": other.base_url}, {"base_url": other.base_url, "api_key": "••••1234"}):
        refused = admin.put("/models/moving", body)
        assert (refused.status_code, list(refused.get_json()["details"])) == (422, ["api_key"])
    assert admin.put("/models/moving", {"base_url": "http://127.0.0.1:9/v2"}).status_code == 200
    assert admin.put("/models/moving", {"base_url": other.base_url, "api_key": ""}).status_code == 200
    assert admin.post("/models/test/moving").get_json()["ok"]
    assert "authorization" not in other.requests[-1].headers
    # Where the settings' own key is for, it is used.
    assert admin.put("/models/moving", {"base_url": model_server.base_url}).status_code == 200
    assert admin.post("/models/test/moving").get_json()["ok"]
    assert model_server.requests[-1].headers["authorization"] == "Bearer sk-test-key"


def test_a_redirect_does_not_carry_the_key_away(admin: Caller, made: Any, other: OpenAIServer) -> None:
    with OpenAIServer(Reply(status=302, headers={"Location": f"{other.base_url}/chat/completions"})) as first:
        made("redirected", base_url=first.base_url, api_key=KEY)
        tested = admin.post("/models/test/redirected").get_json()
    assert (tested["ok"], tested["error"]) == (False, "model_refused")
    assert other.served == 0


def test_a_test_says_what_went_wrong(admin: Caller, made: Any) -> None:
    made("nowhere", base_url="http://127.0.0.1:9/v1", api_key=KEY)
    tested = admin.post("/models/test/nowhere").get_json()
    assert (tested["ok"], tested["error"], tested["response"]) == (False, "model_unavailable", None)
    assert KEY not in str(tested)
    assert admin.post("/models/test/offline").get_json()["ok"]


def test_an_assistant_names_models_of_the_catalogue(owner: Caller, admin: Caller, made: Any) -> None:
    made("catalogued")
    refused = owner.post("/assistants/add", {"name": "x", "model": "unheard-of"})
    assert refused.status_code == 422
    assert "offline" in refused.get_json()["details"]["model"][0]
    assistant = owner.new_assistant(model="catalogued", fallback_models=["test-model"])
    path = f"/assistants/update/{assistant['_id']}"
    assert list(owner.put(path, {"fallback_models": ["test-model", "no"]}).get_json()["details"]) == [
        "fallback_models.1"
    ]
    assert admin.delete("/models/catalogued").status_code == 200
    assert owner.put(path, {"company": "x", "model": "catalogued"}).status_code == 200  # as it was


def test_a_turn_says_which_model_answered_and_why(
    app: Flask, owner: Caller, admin: Caller, made: Any, other: OpenAIServer
) -> None:
    with OpenAIServer(Reply(status=503)) as down:
        made("second", base_url=other.base_url, model="served-name")
        made("first", base_url=down.base_url, fallbacks=["second"])
        assistant = owner.new_assistant(model="first")
        answer = said(bot(app, assistant))
    assert (answer["response"], answer["model"]) == ("Do outro.", "second")
    tried = [(one["model"], one["outcome"]) for one in answer["routing"]["attempts"]]
    assert tried == [("first", "model_busy"), ("second", "answered")]
    assert other.bodies()[-1]["model"] == "served-name"
    [message] = [
        one
        for one in owner.get(f"/chats/messages/{answer['chat_id']}").get_json()
        if one["role"] == "assistant"
    ]
    assert (message["model"], message["routing"]) == ("second", answer["routing"])


def test_an_error_names_those_that_were_asked(app: Flask, owner: Caller, made: Any) -> None:
    made("dead", base_url="http://127.0.0.1:9/v1")
    answer = send(bot(app, owner.new_assistant(model="dead")))
    assert answer.status_code == 502
    assert answer.get_json()["details"]["attempts"][0]["outcome"] == "model_unavailable"


@pytest.mark.parametrize(("provider", "kind"), [("ollama", OllamaServer), ("http", PlainServer)])
@pytest.mark.parametrize("stream", [False, True])
def test_a_turn_is_answered_by_a_server_of_another_kind(
    app: Flask, owner: Caller, made: Any, provider: str, kind: type[OpenAIServer], *, stream: bool
) -> None:
    with kind(Reply("Custa 120 reais.")) as server:
        made("local", provider=provider, base_url=server.base_url)
        answer = send(bot(app, owner.new_assistant(model="local")), stream=stream)
        done = events(answer.text)[-1][1] if stream else answer.get_json()
    assert (done["response"], done["model"]) == ("Custa 120 reais.", "local")


class TestOwnKeys:
    def test_are_sealed_masked_and_sent_to_their_server_alone(
        self,
        app: Flask,
        owner: Caller,
        admin: Caller,
        made: Any,
        other: OpenAIServer,
        model_server: OpenAIServer,
        installation: Installation,
    ) -> None:
        made("theirs", base_url=other.base_url, api_key=KEY)
        host = other.base_url.removeprefix("http://").removesuffix("/v1")
        assistant = owner.new_assistant(model="theirs", provider_keys={host: OWN})
        assert assistant["provider_keys"] == {host: "••••5678"}
        database = installation.house.assistants.find_assistants._assistants._records.database
        assert OWN not in str(database["assistants"].find_one({"_id": assistant["_id"]}))

        assert said(bot(app, assistant))["model"] == "theirs"
        assert other.requests[-1].headers["authorization"] == f"Bearer {OWN}"
        said(bot(app, assistant), model="test-model")
        assert model_server.requests[-1].headers["authorization"] == "Bearer sk-test-key"

        path = f"/assistants/update/{assistant['_id']}"
        got = owner.get(f"/assistants/get/{assistant['_id']}").get_json()
        assert owner.put(path, got).get_json()["provider_keys"] == {host: "••••5678"}
        said(bot(app, assistant))
        assert other.requests[-1].headers["authorization"] == f"Bearer {OWN}"

        # The admin moves the model: the owner's key stays behind.
        with OpenAIServer() as elsewhere:
            moved = {"base_url": elsewhere.base_url, "api_key": "sk-new-key-of-the-admin"}
            assert admin.put("/models/theirs", moved).status_code == 200
            said(bot(app, assistant))
            assert elsewhere.requests[-1].headers["authorization"] == "Bearer sk-new-key-of-the-admin"

        assert owner.put(path, {"provider_keys": {host: ""}}).get_json()["provider_keys"] == {}

    def test_of_several_servers_a_providers_key_is_for_the_assistants_own(
        self, app: Flask, owner: Caller, made: Any, other: OpenAIServer, model_server: OpenAIServer
    ) -> None:
        made("theirs", base_url=other.base_url, api_key=KEY)
        assistant = owner.new_assistant(model="theirs", provider_keys={"openai": OWN})
        said(bot(app, assistant))
        assert other.requests[-1].headers["authorization"] == f"Bearer {OWN}"
        said(bot(app, assistant), model="test-model")
        assert model_server.requests[-1].headers["authorization"] == "Bearer sk-test-key"

    @pytest.mark.parametrize(
        ("keys", "field"),
        [
            ({"nobody.example.com": OWN}, "provider_keys.nobody.example.com"),
            ({"offline": OWN}, "provider_keys.offline"),
            ({"openai": "••••5678"}, "provider_keys.openai"),
            ({"openai": "not a key"}, "provider_keys.openai.value"),
            ({"openai": {"$ne": 1}}, "provider_keys.openai.value"),
            ("openai", "provider_keys"),
        ],
    )
    def test_that_do_not_fit_are_422(self, owner: Caller, keys: Any, field: str) -> None:
        answer = owner.post("/assistants/add", {"name": "x", "provider_keys": keys})
        assert answer.status_code == 422, answer.text
        assert list(answer.get_json()["details"]) == [field]
