"""Rules that hold on every route: bodies, errors, paths, times."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from kit.ids import new_id
from tests.people import PASSWORD, Caller, bot, nobody

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
ERROR = {"error", "message", "details", "request_id"}
# What a route needs to get as far as its ids.
NEEDED = {
    "chats.reply": {"message": "x"},
    "assistants.search": {"query": "x"},
    "members.put": {"email": "x@example.com", "role": "viewer"},
    "faq.answer": {"question": "x?", "answer": "y"},
    "guides.restore": {"version": 1},
    "quizzes.answer": {"answers": [0]},
    "studio.change_template": {
        "title": "x",
        "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
    "chats.offer_guide": {"guide_id": None},
}
# Pages, which ask for what they show by themselves.
PAGES = {"console.asset", "gallery.card"}
ADMINS_ONLY = {
    "npc.history",
    "auth.change_user",
    "auth.remove_user",
    "models.change",
    "models.delete",
    "models.test",
}


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Each method and path, an id or a name of nothing where one stands."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, _path(rule)


def _path(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", new_id(), rule.rule)


class TestBodies:
    """Sent to the route that makes an assistant; every other one reads its body the same way."""

    @pytest.fixture
    def caller(self, owner: Caller) -> Caller:
        return owner

    def send(self, caller: Caller, body: bytes, content_type: str = "application/json") -> tuple[int, Any]:
        answer = caller.call("POST", "/assistants/add", data=body, content_type=content_type)
        return answer.status_code, answer.get_json()

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"{", "bad_json"),
            (b"{'name': 'x'}", "bad_json"),
            (b'{"name": "x",}', "bad_json"),
            (b'{"name": "x"} {}', "bad_json"),
            (b'{"name": "x", "temperature": NaN}', "bad_json"),
            (b'{"name": "x", "temperature": Infinity}', "bad_json"),
            (b'{"name": "x", "temperature": -Infinity}', "bad_json"),
            (b'{"name": "x", "top_k": ' + b"9" * 10_000 + b"}", "bad_json"),
            (b'{"name": "x\xff"}', "bad_json"),
            (b'{"name": "\xed\xa0\x80"}', "bad_json"),
            ('{"name": "x"}'.encode("utf-16"), "bad_json"),
            (b'{"name": "a\x00b"}', "bad_json"),
            (b"[" * 100_000 + b"]" * 100_000, "json_too_deep"),
            (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json_too_deep"),
            (b'{"name": "x", "persona": ' + b"[" * 33, "json_too_deep"),
        ],
    )
    def test_what_is_no_json_of_ours_is_refused(self, caller: Caller, body: bytes, code: str) -> None:
        status, answer = self.send(caller, body)

        assert (status, answer["error"]) == (400, code)
        assert answer.keys() == ERROR

    @pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"5", b"true", b'[{"name": "x"}]'])
    def test_a_body_that_is_no_object_is_invalid(self, caller: Caller, body: bytes) -> None:
        assert self.send(caller, body)[0] == 422

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (rb'{"name": "a\u0000b"}', "name"),
            (rb'{"name": "\ud800"}', "name"),
            (rb'{"name": "\udc00\ud800"}', "name"),
            (rb'{"name": "x", "persona": {"char_descr": "\u0000"}}', "persona.char_descr"),
            (rb'{"name": "x", "fallback_models": ["a", "\u0000"]}', "fallback_models"),
            (rb'{"name": "x", "a\u0000b": 1}', "body"),
            (b'{"name": "x", "top_k": 9223372036854775808}', "top_k"),
            (b'{"name": "x", "top_k": -9223372036854775809}', "top_k"),
            (b'{"name": "x", "max_tokens": 1' + b"0" * 300 + b"}", "max_tokens"),
            (b'{"name": "x", "temperature": 1' + b"0" * 300 + b"}", "temperature"),
            (rb'{"name": "x", "\ud800": 1}', "body"),
        ],
    )
    def test_a_text_that_no_record_could_hold_is_named(self, caller: Caller, body: bytes, field: str) -> None:
        status, answer = self.send(caller, body)

        assert status == 422
        assert list(answer["details"]) == [field]

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            (rb"A\u00e7\u00e3o \ud83d\ude00", "Ação \U0001f600"),
            ("Ação \U0001f600".encode(), "Ação \U0001f600"),
            (rb"C:\\u0000 \\ud800", r"C:\u0000 \ud800"),  # a backslash and letters, no escape
            (b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "[" * 38),
        ],
    )
    def test_every_other_text_is_kept_as_sent(self, caller: Caller, sent: bytes, kept: str) -> None:
        status, answer = self.send(caller, b'{"name": "' + sent + b'"}')

        assert (status, answer["name"]) == (201, kept)

    def test_a_byte_order_mark_is_no_error(self, caller: Caller) -> None:
        assert self.send(caller, b'\xef\xbb\xbf{"name": "x"}')[0] == 201

    @pytest.mark.parametrize(
        "content_type",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
            "nonsense",
        ],
    )
    def test_a_body_that_says_it_is_something_else_is_415(self, caller: Caller, content_type: str) -> None:
        status, answer = self.send(caller, b'{"name": "x"}', content_type)

        assert (status, answer["error"]) == (415, "unsupported_format")
        assert answer.keys() == ERROR

    @pytest.mark.parametrize(
        "content_type", ["application/json; charset=utf-8", "application/merge-patch+json"]
    )
    def test_json_by_its_other_names_is_json(self, caller: Caller, content_type: str) -> None:
        assert self.send(caller, b'{"name": "x"}', content_type)[0] == 201

    @pytest.mark.parametrize("content_type", ["text/plain", "application/json", "image/png", "nonsense", ""])
    def test_where_no_body_is_needed_any_content_type_goes(self, caller: Caller, content_type: str) -> None:
        assistant = caller.new_assistant()

        answer = caller.call(
            "POST", f"/assistants/rotate_key/{assistant['_id']}", data=b"", content_type=content_type
        )

        assert answer.status_code == 200
        if "json" not in content_type:
            path = f"/assistants/rotate_key/{assistant['_id']}"
            assert caller.call("POST", path, data=b"{", content_type=content_type).status_code == 200

    def test_without_a_body_the_required_fields_are_named(self, caller: Caller) -> None:
        status, answer = self.send(caller, b"", "text/plain")

        assert (status, list(answer["details"])) == (422, ["name"])

    def test_an_unknown_field_is_named_however_deep(self, caller: Caller) -> None:
        body = {"name": "x", "colour": "red", "limits": {"per_day": 1}, "persona": {"age": 5}}

        answer = caller.post("/assistants/add", body)

        assert answer.status_code == 422
        assert answer.get_json()["details"].keys() == {"colour", "limits.per_day", "persona.age"}
        assert all(isinstance(texts, list) for texts in answer.get_json()["details"].values())

    def test_it_is_passed_over_on_the_bots_route(self, app: Flask, owner: Caller) -> None:
        message = {"id": "+5513988593464", "message_service": "Whatsapp", "message": "olá", "from_me": False}

        answer = bot(app, owner.new_assistant()).post("/chats/enviarMensagemLLM", message)

        assert answer.status_code == 200

    @pytest.mark.parametrize("field", ["id", "message_service", "message", "message_id", "username", "model"])
    def test_an_operator_never_reaches_a_query(self, app: Flask, owner: Caller, field: str) -> None:
        its_bot = bot(app, owner.new_assistant())
        message = {"id": "1", "message_service": "Web", "message": "olá"}

        for operator in ({"$ne": None}, {"$gt": ""}, {"$where": "1"}, [{"$ne": 1}]):
            answer = its_bot.post("/chats/enviarMensagemLLM", {**message, field: operator})
            assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])

    def test_json_larger_than_any_of_ours_is_413(self, caller: Caller) -> None:
        status, answer = self.send(caller, b'{"name": "x", "greeting": "' + b"a" * (5 << 20) + b'"}')

        assert (status, answer["error"]) == (413, "too_large")
        assert answer.keys() == ERROR

    def test_so_is_one_whose_length_is_not_announced(self, caller: Caller) -> None:
        body = io.BytesIO(b'{"name": "' + b"a" * (5 << 20))
        unannounced = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

        answer = caller.call(
            "POST", "/assistants/add", content_type="application/json", environ_overrides=unannounced
        )

        assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")


class TestErrors:
    @pytest.mark.parametrize(
        "path",
        ["/nowhere", "/assistants", "/auth/", "/assistants/get/", "/chats//list", "/assistants/get/a/b"],
    )
    def test_an_address_that_is_none_is_404(self, owner: Caller, path: str) -> None:
        answer = owner.get(path)

        assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")
        assert answer.get_json().keys() == ERROR
        assert answer.get_json()["details"] == {}

    def test_every_address_refuses_other_methods_by_name(self, app: Flask, owner: Caller) -> None:
        taken: dict[str, set[str]] = {}
        for rule in app.url_map.iter_rules():
            taken.setdefault(rule.rule, set()).update(rule.methods or set())
        for rule in app.url_map.iter_rules():
            for method in sorted({"GET", "POST", "PUT", "DELETE", "PATCH"} - taken[rule.rule]):
                answer = owner.call(method, _path(rule))
                if answer.status_code == 404 and answer.get_json()["error"] == "not_found":
                    continue  # a word of the path can stand for an id: another route took it
                assert answer.status_code == 405, (method, rule.rule)
                if rule.rule.startswith("/v1/"):  # in OpenAI's shape
                    assert answer.get_json()["error"]["code"] == "method_not_allowed"
                    continue
                assert answer.get_json()["error"] == "method_not_allowed"
                assert answer.get_json().keys() == ERROR
                assert (rule.methods or set()) <= set(answer.headers["Allow"].split(", "))

    def test_an_upload_over_the_bound_is_413(self, make_app: Any, owner: Caller) -> None:
        app = make_app(max_upload_mb=1)
        caller = Caller(app.test_client(), owner.headers)

        answer = caller.call(
            "POST", "/documents/add", data=b"-" * (3 << 20), content_type="multipart/form-data; boundary=x"
        )

        assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
        assert answer.get_json().keys() == ERROR

    def test_what_is_accepted_never_comes_as_html(self, owner: Caller) -> None:
        answer = owner.get("/nowhere", headers={"Accept": "text/html"})

        assert answer.content_type == "application/json"

    def test_an_error_is_utf8_json_without_nan(self, owner: Caller) -> None:
        answer = owner.post("/assistants/add", {"name": "x", "não": 1})

        assert "não" in answer.data.decode()
        json.loads(answer.data, parse_constant=pytest.fail)


class TestPaths:
    def test_a_slash_at_the_end_changes_nothing(self, app: Flask) -> None:
        known = {200, 401, 422}  # nobody is told so by the guard of the route: it was found
        for method, path in routes(app):
            if path == "/" or path.startswith(("/console/", "/shared/")):
                continue
            bare = path.rstrip("/")
            statuses = {
                nobody(app).call(method, one, buffered=True).status_code for one in (bare, f"{bare}/")
            }
            assert len(statuses) == 1, (method, path)
            assert statuses <= known, (method, path)

    def test_neither_does_it_on_an_answer(self, owner: Caller) -> None:
        assistant = owner.new_assistant()

        for path in ("/auth/me", "/assistants/list", f"/assistants/get/{assistant['_id']}", "/chats/list"):
            assert owner.get(f"{path}/").get_json() == owner.get(path).get_json()
            assert owner.get(f"{path}/?limit=1").status_code == 200

    @pytest.mark.parametrize(
        "name",
        ["x", "%00", "0" * 23, "0" * 25, "g" * 24, "A" * 24, "%F0%9F%98%80", "%ff", "..", "$ne", "a%2Fb"],
    )
    def test_a_malformed_id_is_404(self, app: Flask, owner: Caller, name: str) -> None:
        missing = owner.get(f"/assistants/get/{new_id()}").get_json()
        for rule in app.url_map.iter_rules():
            if not rule.arguments or rule.endpoint in PAGES:
                continue
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                body = NEEDED.get(rule.endpoint)
                answer = owner.call(method, re.sub(r"<[^>]+>", name, rule.rule), json=body)
                if answer.status_code == 405 and "%2F" in name:
                    continue  # two ids of nothing, where a route of another method has two
                if rule.endpoint in ADMINS_ONLY:
                    assert answer.status_code in (403, 404, 405)  # who may looks into these elsewhere
                    continue
                assert answer.status_code == 404, (method, rule.rule)
                if rule.rule.startswith("/v1/"):  # in OpenAI's shape
                    continue
                assert {**answer.get_json(), "request_id": ""} == {**missing, "request_id": ""}

    def test_a_head_has_the_headers_alone(self, app: Flask) -> None:
        answer = app.test_client().head("/health")

        assert (answer.status_code, answer.data) == (200, b"")


def test_times_are_rfc3339_in_utc(app: Flask, owner: Caller) -> None:
    assistant = owner.new_assistant()
    bot(app, assistant).post(
        "/chats/enviarMensagemLLM", {"id": "1", "message_service": "Web", "message": "oi"}
    )
    shown = [
        owner.get("/auth/me").get_json(),
        assistant,
        owner.post("/auth/tokens", {"name": "x", "expires_in_days": 1}).get_json(),
        nobody(app).post("/auth/login", {"email": owner.email, "password": PASSWORD}).get_json(),
        owner.get("/chats/list").get_json()[0],
    ]
    times = [
        value
        for one in shown
        for name, value in one.items()
        if name in ("createdAt", "updatedAt", "expires_at")
    ]

    assert len(times) == 8
    assert all(RFC3339.fullmatch(one) for one in times), times
