"""One JSON line a request, and never what was written, nor a secret, nor who the contact is."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import structlog
from flask import Flask

import kit.logging
from bootstrap.installation import Installation
from models.completions import Completion
from routes import errors, requests
from services.chats import run_turn
from tests.api.conftest import MakeApp
from tests.people import Caller, bot
from tests.servers.application import Application

PASSWORD, WRONG_PASSWORD = "correct horse battery", "wrong horse battery"
PHONE, WROTE, REPLIED = "5513988593464", "segredo-do-contato", "resposta-da-pessoa"
DOCUMENT, NAME, EMAIL = "texto-do-documento", "Nome Sobrenome", "pessoa@example.com"
NAMED = {"time", "level", "request_id", "actor_kind", "actor_id", "method", "route", "status", "ms"}


class Session:
    """Everything that somebody does in a day; collects the secrets that it is given on the way."""

    def __init__(self, server: Application) -> None:
        self.server = server
        self.secrets = [PASSWORD, WRONG_PASSWORD, PHONE, WROTE, REPLIED, DOCUMENT, NAME, EMAIL]
        self.asked = 0

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = None if body is None else json.dumps(body).encode()
        return self.send(method, path, content, Content_Type="application/json", **headers)

    def send(self, method: str, path: str, content: bytes | None, **headers: str) -> Any:
        """The JSON that comes back, or nothing; underscores in names of headers become dashes."""
        self.asked += 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, content, {**named, "X-Request-ID": f"ask-{self.asked}"})
            answer = connection.getresponse()
            received = answer.read()
        assert answer.status < 500 or b"model_not_configured" in received, (method, path, received)
        return json.loads(received) if answer.headers.get("Content-Type") == "application/json" else None

    def run(self) -> None:
        bearer = self._sign_in()
        assistant = self.ask("POST", "/assistants/add", {"name": NAME}, Authorization=bearer)
        key = self._keep(assistant["api_key"])
        self._upload(assistant["_id"], bearer)
        self._talk(key)
        self._take_over(bearer, key)
        self._go_wrong(bearer)
        identity = assistant["_id"]
        self.ask("POST", f"/assistants/search/{identity}", {"query": WROTE}, Authorization=bearer)
        rotated = self.ask("POST", f"/assistants/rotate_key/{identity}", Authorization=bearer)
        self._talk(self._keep(rotated["api_key"]))
        self.ask("DELETE", f"/assistants/delete/{identity}", Authorization=bearer)
        self.ask("POST", "/auth/logout", Authorization=bearer)

    def _sign_in(self) -> str:
        account = {"name": NAME, "email": EMAIL, "password": PASSWORD}
        self.ask("POST", "/auth/register", account)
        self.ask("POST", "/auth/register", account)
        for password in (WRONG_PASSWORD, PASSWORD):
            session = self.ask("POST", "/auth/login", {"email": EMAIL, "password": password})
        bearer = f"Bearer {self._keep(session['token'])}"
        self._keep(self.ask("POST", "/auth/refresh", Authorization=bearer)["token"])
        issued = self.ask("POST", "/auth/tokens", {"name": NAME}, Authorization=bearer)
        self.ask("GET", "/auth/me", Authorization=f"Bearer {self._keep(issued['token'])}")
        change = {"current_password": PASSWORD, "new_password": PASSWORD}
        self.ask("PUT", "/auth/password", change, Authorization=bearer)
        return bearer

    def _upload(self, assistant_id: str, bearer: str) -> None:
        form = f"""\
--part\r
Content-Disposition: form-data; name="type"\r
\r
rag\r
--part\r
Content-Disposition: form-data; name="assistant_id"\r
\r
{assistant_id}\r
--part\r
Content-Disposition: form-data; name="file"; filename="{DOCUMENT}.md"\r
\r
# {DOCUMENT}

{WROTE}\r
--part--\r
"""
        boundary = "multipart/form-data; boundary=part"
        document = self.send(
            "POST", "/documents/add", form.encode(), Content_Type=boundary, Authorization=bearer
        )
        self.ask("GET", f"/documents/get/{document['_id']}", Authorization=bearer)

    def _talk(self, key: str) -> None:
        message = {"id": f"+{PHONE}", "message_service": "Whatsapp", "username": NAME, "message": WROTE}
        self.ask("POST", "/chats/enviarMensagemLLM", message, X_API_Key=key)
        self.ask("POST", "/chats/enviarMensagemLLM", {**message, "stream": True}, X_API_Key=key)
        self.ask("POST", "/chats/enviarMensagemLLM", {**message, "model": WROTE}, X_API_Key=key)
        self.ask("POST", "/chats/enviarMensagemLLM", {**message, "message": {WROTE: 1}}, X_API_Key=key)

    def _take_over(self, bearer: str, key: str) -> None:
        for method, path in (("PUT", "desativar"), ("GET", "get"), ("GET", "messages"), ("PUT", "ativar")):
            self.ask(method, f"/chats/{path}/%2B{PHONE}", Authorization=bearer)
        self.ask("POST", f"/chats/reply/%2B{PHONE}", {"message": REPLIED}, Authorization=bearer)
        self.ask("GET", f"/chats/list?q={WROTE}", Authorization=bearer)
        waiting = self.ask("GET", "/chats/outbox", X_API_Key=key)
        self.ask("POST", "/chats/outbox/ack", {"ids": [waiting[0]["_id"], PHONE]}, X_API_Key=key)
        self.ask("DELETE", f"/chats/delete/%2B{PHONE}", Authorization=bearer)

    def _go_wrong(self, bearer: str) -> None:
        self.ask("GET", f"/nowhere/{PHONE}?q={WROTE}", Authorization=bearer)
        self.ask("PATCH", f"/chats/get/{PHONE}", Authorization=bearer)
        self.ask("GET", f"/chats/get/{PHONE}0", Authorization=bearer)
        self.ask("GET", "/auth/me", Authorization=f"Bearer {self._keep('x.forged-token-of-somebody.y')}")
        self.ask("GET", "/chats/outbox", X_API_Key=self._keep("ask_forged-key-of-somebody"))
        self.ask("POST", "/auth/login", [EMAIL, PASSWORD])
        self.ask("GET", "/auth/me", X_Setup_Token=self._keep("a-set-up-token-that-was-guessed"))

    def _keep(self, secret: str) -> str:
        self.secrets.append(secret)
        return secret


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A day of a server that is a process of its own, over: what it wrote is complete."""
    with Application(tmp_path_factory.mktemp("server"), {"LLM_MODEL": "offline"}) as server:
        server.log.write_text("")  # what it says to the person who starts it is no log line
        day = Session(server)
        day.run()
    return day


class TestADay:
    def test_every_line_is_json(self, session: Session) -> None:
        assert len(_lines(session.server.log)) >= session.asked

    def test_each_request_has_one_line_with_all_that_is_named(self, session: Session) -> None:
        lines = [one for one in _lines(session.server.log) if one["event"] == "request"]
        ours = [one for one in lines if one["request_id"].startswith("ask-")]

        asked = [f"ask-{n + 1}" for n in range(session.asked)]
        assert sorted(one["request_id"] for one in ours) == sorted(asked)
        assert all(one.keys() >= NAMED for one in ours)
        assert {one["level"] for one in ours} == {"info"}
        assert {one["actor_kind"] for one in ours} == {"nobody", "person", "bot"}
        assert all(bool(one["actor_id"]) is (one["actor_kind"] != "nobody") for one in ours)
        assert {one["status"] for one in ours} >= {200, 201, 204, 401, 404, 405, 422, 503}

    def test_no_line_holds_a_secret_or_what_somebody_wrote(self, session: Session) -> None:
        text = session.server.log.read_text()

        found = [secret for secret in session.secrets if secret in text]
        assert found == []


def _lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


class _Broken:
    """A collaborator with a bug whose message quotes what it was given."""

    def __getattr__(self, name: str) -> Any:
        def fail(*args: object, **_more: object) -> Any:
            raise RuntimeError(f"{name} cannot do {args}: {WROTE} {PHONE}")

        return fail


class _BreaksMidway:
    """A model that fails in a way nobody thought of, after its first words."""

    def stream(self, _request: object) -> Iterator[str | Completion]:
        yield "As primeiras palavras, "
        raise RuntimeError(WROTE)

    def complete(self, _request: object) -> Completion:
        raise RuntimeError(WROTE)


class TestAnUnexpectedError:
    @pytest.fixture
    def log(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
        """What the configured loggers write."""
        written, root, before = io.StringIO(), logging.getLogger(), structlog.get_config()
        kept = root.handlers[:], root.level
        monkeypatch.setattr(sys, "stderr", written)
        kit.logging.configure("INFO")
        # A logger that is used once keeps what it writes to: none of the application's own may, here.
        structlog.configure(**{**structlog.get_config(), "cache_logger_on_first_use": False})
        modules: tuple[ModuleType, ...] = (errors, requests, run_turn)
        for module in modules:
            monkeypatch.setattr(module, "_log", kit.logging.get_logger(module.__name__))
        yield written
        structlog.configure(**before)
        root.handlers[:], level = kept
        root.setLevel(level)

    def test_is_a_500_without_a_trace_and_a_line_without_its_message(
        self, make_app: MakeApp, installation: Installation, owner: Caller, log: io.StringIO
    ) -> None:
        broken: Any = _Broken()
        app = make_app(
            replace(installation.house, chats=replace(installation.house.chats, find_chats=broken))
        )
        caller = Caller(app.test_client(), owner.headers)

        answer = caller.get(f"/chats/get/{PHONE}", headers={"X-Request-ID": "the-one"})

        assert answer.status_code == 500
        assert answer.get_json() == {
            "error": "internal_error",
            "message": "Something went wrong on our side; the request id helps to find out what.",
            "details": {},
            "request_id": "the-one",
        }
        unexpected, request = _found(log)
        assert unexpected["exception"] == "RuntimeError"
        assert unexpected["request_id"] == request["request_id"] == "the-one"
        assert any("test_logs.py" in frame for frame in unexpected["frames"])
        assert request["status"] == 500

    @pytest.mark.parametrize("stream", [False, True])
    def test_in_a_turn_it_is_the_error_body_too_also_once_the_answer_has_begun(
        self,
        app: Flask,
        installation: Installation,
        owner: Caller,
        log: io.StringIO,
        monkeypatch: pytest.MonkeyPatch,
        *,
        stream: bool,
    ) -> None:
        compose = installation.house.chats.answer_message._run_turn._compose
        monkeypatch.setattr(compose._ask, "_complete", _BreaksMidway())
        its_bot = bot(app, owner.new_assistant())
        message = {"id": PHONE, "message_service": "Web", "message": WROTE, "stream": stream}

        answer = its_bot.post("/chats/enviarMensagemLLM", message)

        if stream:
            assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
            events = [one.split("\n") for one in answer.text.strip().split("\n\n")]
            assert events[-1][0] == "event: error"
            error = json.loads(events[-1][1].removeprefix("data: "))
        else:
            assert answer.status_code == 500
            error = answer.get_json()
        assert error["error"] == "internal_error"
        assert error["request_id"] == answer.headers["X-Request-ID"]
        assert [one["event"] for one in _found(log)] == ["unexpected error", "request"]
        chat = owner.get("/chats/list").get_json()[0]["_id"]
        assert owner.get(f"/chats/messages/{chat}").get_json()[0]["status"] == "failed"


def _found(log: io.StringIO) -> list[dict[str, Any]]:
    text = log.getvalue()
    assert WROTE not in text
    assert PHONE not in text
    lines = [json.loads(line) for line in text.splitlines()]
    return [one for one in lines if one["event"] in ("unexpected error", "request")][-2:]
