"""Assistants: made, listed, changed, searched, deleted; their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from kit.ids import new_id
from tests.people import Caller, bot

DEFAULTS: dict[str, Any] = {
    "company": "",
    "model": "",
    "fallback_models": [],
    "temperature": None,
    "top_p": None,
    "max_tokens": None,
    "language": "auto",
    "history_turns": 100,
    "top_k": 5,
    "persona": None,
    "has_scratchpad": False,
    "greeting": "",
    "fallback_message": "",
    "no_answer_message": "",
    "limits": {
        "requests_per_minute": None,
        "tokens_per_day": None,
        "tokens_per_month": None,
        "money_per_month": None,
    },
    "log_content": False,
}
CHOSEN: dict[str, Any] = {
    "company": "Clínica Boa Vista",
    "model": "offline",
    "fallback_models": ["other", "another"],
    "temperature": 0.5,
    "top_p": 1,
    "max_tokens": 300,
    "language": "pt",
    "history_turns": 0,
    "top_k": 20,
    "persona": {"char_descr": "Íris, recepcionista", "world_descr": "uma clínica"},
    "has_scratchpad": True,
    "greeting": "Olá! 😀",
    "fallback_message": "Já volto.",
    "no_answer_message": "Não sei.",
    "limits": {
        "requests_per_minute": 60,
        "tokens_per_day": 10_000,
        "tokens_per_month": 2**53 - 1,
        "money_per_month": 12.5,
        "user": {
            "requests_per_minute": 5,
            "tokens_per_day": 1000,
            "tokens_per_month": None,
            "money_per_month": 0.5,
        },
        "over": {"model": "", "message": "Volte amanhã."},
    },
    "log_content": True,
}
# Field, value, the name that the refusal gives it.
UNFIT: list[tuple[str, Any, str]] = [
    ("name", "", "name"),
    ("name", " \t", "name"),
    ("name", "x" * 1001, "name"),
    ("name", None, "name"),
    ("name", 5, "name"),
    ("name", {"$ne": None}, "name"),
    ("company", "x" * 1001, "company"),
    ("company", None, "company"),
    ("model", ["x"], "model"),
    ("fallback_models", "a", "fallback_models"),
    ("fallback_models", [""], "fallback_models.0"),
    ("fallback_models", ["a"] * 21, "fallback_models"),
    ("fallback_models", [{"$gt": ""}], "fallback_models.0"),
    ("temperature", -0.1, "temperature"),
    ("temperature", 2.1, "temperature"),
    ("temperature", "1", "temperature"),
    ("temperature", True, "temperature"),
    ("top_p", 0, "top_p"),
    ("top_p", 1.01, "top_p"),
    ("max_tokens", 0, "max_tokens"),
    ("max_tokens", 1.5, "max_tokens"),
    ("max_tokens", 2**63 - 1, "max_tokens"),
    ("language", "de", "language"),
    ("language", {"$ne": "pt"}, "language"),
    ("language", None, "language"),
    ("history_turns", -1, "history_turns"),
    ("history_turns", 101, "history_turns"),
    ("top_k", 0, "top_k"),
    ("top_k", 21, "top_k"),
    ("top_k", "5", "top_k"),
    ("persona", "Íris", "persona"),
    ("persona", {"char_descr": 5}, "persona.char_descr"),
    ("has_scratchpad", "true", "has_scratchpad"),
    ("has_scratchpad", 1, "has_scratchpad"),
    ("greeting", "x" * 20_001, "greeting"),
    ("limits", None, "limits"),
    ("limits", {"requests_per_minute": 0}, "limits.requests_per_minute"),
    ("limits", {"tokens_per_day": 2**53}, "limits.tokens_per_day"),
    ("limits", {"money_per_month": -1}, "limits.money_per_month"),
    ("limits", {"money_per_month": "1"}, "limits.money_per_month"),
    ("limits", {"user": {"tokens_per_day": 0}}, "limits.user.tokens_per_day"),
    ("limits", {"over": {}}, "limits.over"),
    ("limits", {"over": {"model": "a", "message": "b"}}, "limits.over"),
    ("log_content", "yes", "log_content"),
    ("colour", "red", "colour"),
]


def same_refusal(*answers: TestResponse) -> bool:
    """Whether answers differ in their request id alone."""
    first, *others = [(one.status_code, {**one.get_json(), "request_id": ""}) for one in answers]
    return all(one == first for one in others)


class TestAdd:
    def test_a_name_is_enough(self, owner: Caller) -> None:
        answer = owner.post("/assistants/add", {"name": "Clínica"})

        assert answer.status_code == 201
        made = answer.get_json()
        assert answer.headers["Location"] == f"/assistants/get/{made['_id']}"
        assert made["id"] == made["_id"]
        assert (made["name"], made["owner_id"]) == ("Clínica", owner.user_id)
        assert made["api_key"].startswith("ask_")
        assert {name: made[name] for name in DEFAULTS} == DEFAULTS
        assert owner.get(answer.headers["Location"]).get_json() == made

    def test_every_setting_is_kept(self, owner: Caller) -> None:
        made = owner.new_assistant(**CHOSEN)

        shown = owner.get(f"/assistants/get/{made['_id']}").get_json()
        assert {name: shown[name] for name in CHOSEN} == CHOSEN

    def test_a_name_of_a_thousand_characters_is_taken(self, owner: Caller) -> None:
        assert owner.new_assistant(name="ã" * 1000)["name"] == "ã" * 1000

    @pytest.mark.parametrize(("field", "value", "named"), UNFIT)
    def test_what_does_not_fit_is_named(self, owner: Caller, field: str, value: Any, named: str) -> None:
        answer = owner.post("/assistants/add", {"name": "x"} | {field: value})

        assert answer.status_code == 422
        assert list(answer.get_json()["details"]) == [named]

    @pytest.mark.parametrize("field", ["_id", "id", "api_key", "createdAt", "key_hash", "deleted"])
    def test_what_we_make_is_not_taken(self, owner: Caller, field: str) -> None:
        answer = owner.post("/assistants/add", {"name": "x", field: "a" * 24})

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])

    def test_for_another_owner_it_is_made_by_admins_alone(
        self, admin: Caller, owner: Caller, outsider: Caller
    ) -> None:
        body = {"name": "x", "owner_id": owner.user_id}

        assert owner.post("/assistants/add", body).status_code == 201
        made = admin.post("/assistants/add", body)
        refused = outsider.post("/assistants/add", body)
        nobodys = outsider.post("/assistants/add", {**body, "owner_id": new_id()})

        assert (made.status_code, made.get_json()["owner_id"]) == (201, owner.user_id)
        assert refused.status_code == 403
        assert same_refusal(refused, nobodys)
        assert owner.get(f"/assistants/get/{made.get_json()['_id']}").status_code == 200

    @pytest.mark.parametrize(
        "owner_id", ["0123456789abcdef01234567", "nobody", "x" * 25, {"$ne": None}, None, 5]
    )
    def test_an_owner_that_is_none_is_named(self, admin: Caller, owner_id: object) -> None:
        answer = admin.post("/assistants/add", {"name": "x", "owner_id": owner_id})

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["owner_id"])


class TestSee:
    def test_a_person_sees_what_they_own_and_an_admin_everything(
        self, admin: Caller, owner: Caller, outsider: Caller
    ) -> None:
        assistant = owner.new_assistant()
        path = f"/assistants/get/{assistant['_id']}"

        assert owner.get("/assistants/list").get_json() == [assistant]
        assert outsider.get("/assistants/list").get_json() == []
        seen_by_admin = {**assistant, "role": "admin"}
        assert admin.get("/assistants/list?limit=1").get_json() == [seen_by_admin]
        assert admin.get(path).get_json() == seen_by_admin
        assert outsider.get(path).status_code == 404

    def test_what_is_shown_is_what_the_contract_names(self, owner: Caller) -> None:
        owner.new_assistant()

        shown = owner.get("/assistants/list").get_json()[0]

        assert {"_id", "name", "owner_id", "api_key", "createdAt"} | DEFAULTS.keys() <= shown.keys()
        assert not {"key_hash", "key_sealed", "deleted"} & shown.keys()

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/assistants/get/", None),
            ("PUT", "/assistants/update/", {"name": "mine"}),
            ("PUT", "/assistants/update/", {}),
            ("DELETE", "/assistants/delete/", None),
            ("POST", "/assistants/rotate_key/", None),
            ("POST", "/assistants/search/", {"query": "x"}),
        ],
    )
    def test_somebody_elses_looks_like_one_that_is_not_there(
        self, owner: Caller, outsider: Caller, method: str, path: str, body: Any
    ) -> None:
        assistant = owner.new_assistant()

        foreign = outsider.call(method, path + assistant["_id"], json=body)
        missing = outsider.call(method, path + new_id(), json=body)

        assert foreign.status_code == 404
        assert same_refusal(foreign, missing)
        assert owner.get(f"/assistants/get/{assistant['_id']}").get_json() == assistant


class TestUpdate:
    def test_any_subset_is_changed_and_nothing_else(self, owner: Caller) -> None:
        assistant = owner.new_assistant(**CHOSEN)

        for name, value in {**DEFAULTS, "name": "Outro"}.items():
            answer = owner.put(f"/assistants/update/{assistant['_id']}", {name: value})
            assert answer.status_code == 200
            assistant = {**assistant, name: value, "updatedAt": answer.get_json()["updatedAt"]}
            assert answer.get_json() == assistant
        assert owner.get(f"/assistants/get/{assistant['_id']}").get_json() == assistant

    def test_an_empty_change_changes_nothing(self, owner: Caller) -> None:
        assistant = owner.new_assistant(**CHOSEN)

        answer = owner.put(f"/assistants/update/{assistant['_id']}", {})

        assert {**answer.get_json(), "updatedAt": ""} == {**assistant, "updatedAt": ""}

    @pytest.mark.parametrize("settings", [{}, CHOSEN])
    def test_what_get_returned_may_be_sent_back(self, owner: Caller, settings: dict[str, Any]) -> None:
        made = owner.new_assistant(**settings)
        path = f"/assistants/update/{made['_id']}"
        assert owner.put(path, {**made, "company": "Nova"}).status_code == 200

        # Also what was got before another change: its updatedAt is not the present one.
        answer = owner.put(path, made)

        assert answer.status_code == 200
        assert {**answer.get_json(), "updatedAt": ""} == {**made, "updatedAt": ""}

    @pytest.mark.parametrize("field", ["_id", "id", "api_key", "createdAt"])
    @pytest.mark.parametrize("value", ["another", None, {"$ne": None}, 5, ""])
    def test_a_read_only_field_with_another_value_is_named(
        self, owner: Caller, field: str, value: object
    ) -> None:
        made = owner.new_assistant()

        answer = owner.put(f"/assistants/update/{made['_id']}", {"name": "Outro", field: value})

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])
        assert owner.get(f"/assistants/get/{made['_id']}").get_json() == made

    @pytest.mark.parametrize(("field", "value", "named"), UNFIT)
    def test_what_does_not_fit_is_named(self, owner: Caller, field: str, value: Any, named: str) -> None:
        made = owner.new_assistant()

        answer = owner.put(f"/assistants/update/{made['_id']}", {field: value})

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, [named])

    def test_only_an_admin_gives_it_to_another_owner(
        self, app: Flask, admin: Caller, owner: Caller, outsider: Caller, say: Callable[[Caller], None]
    ) -> None:
        assistant = owner.new_assistant()
        say(bot(app, assistant))
        document = owner.upload(assistant["_id"], "a.txt", "Abre às 8h.").get_json()["_id"]
        chat = owner.get("/chats/list").get_json()[0]["_id"]
        path, change = f"/assistants/update/{assistant['_id']}", {"owner_id": outsider.user_id}
        things = [f"/assistants/get/{assistant['_id']}", f"/documents/get/{document}", f"/chats/get/{chat}"]

        refused, nobodys = owner.put(path, change), owner.put(path, {"owner_id": new_id()})
        assert refused.status_code == 403
        assert same_refusal(refused, nobodys)

        assert admin.put(path, change).get_json()["owner_id"] == outsider.user_id

        assert [owner.get(one).status_code for one in things] == [404, 404, 404]
        assert [outsider.get(one).status_code for one in things] == [200, 200, 200]
        assert owner.get("/chats/list").get_json() == owner.get("/documents/list").get_json() == []
        assert len(outsider.get("/chats/list").get_json()) == 1
        assert len(outsider.get("/documents/list").get_json()) == 1

    def test_an_owner_that_is_none_is_named(self, admin: Caller, owner: Caller) -> None:
        path = f"/assistants/update/{owner.new_assistant()['_id']}"

        for owner_id in (new_id(), "nobody", "", None, {"$ne": None}):
            answer = admin.put(path, {"owner_id": owner_id})
            assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["owner_id"])


@pytest.fixture
def say() -> Callable[[Caller], None]:
    """One message of one contact."""

    def say(its_bot: Caller) -> None:
        message = {"id": "+5513988593464", "message_service": "Whatsapp", "message": "A que horas abre?"}
        assert its_bot.post("/chats/enviarMensagemLLM", message).status_code == 200

    return say
