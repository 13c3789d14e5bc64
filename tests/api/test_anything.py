"""Whatever is sent, the answer is one of ours: no 5xx, and an error in the one shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema
from werkzeug.test import TestResponse

from routes.schemas.assistants import AssistantChange, SearchIn
from routes.schemas.auth import LoginIn
from routes.schemas.chats import ChatListArguments, MessageIn
from tests.people import Caller, bot

ERROR = {"error", "message", "details", "request_id"}
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**31, 2**53, 2**63 - 1, -(2**63), 2**63, 10**30])
TEXTS = st.text() | st.text(st.characters()) | st.sampled_from(["\x00", "\ud800", "$ne", "a" * 1001, "😀"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
few = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    # The same application and assistant for every example: what they leave behind is part of the test.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def bodies(schema: type[Schema]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the schema's fields, and perhaps others."""
    return st.dictionaries(st.sampled_from(sorted(schema().fields)) | TEXTS, VALUES, max_size=5)


def check(answer: TestResponse) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.get_json().keys() == ERROR


def sent(body: Any) -> dict[str, Any]:
    return {"data": json.dumps(body).encode(), "content_type": "application/json"}


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    return owner.new_assistant()


@few
@given(body=bodies(AssistantChange))
def test_as_settings(owner: Caller, assistant: dict[str, Any], body: dict[str, Any]) -> None:
    check(owner.call("PUT", f"/assistants/update/{assistant['_id']}", **sent(body)))
    # What was kept can be shown and kept once more.
    shown = owner.get(f"/assistants/get/{assistant['_id']}")
    assert owner.put(f"/assistants/update/{assistant['_id']}", shown.get_json()).status_code == 200


@few
@given(body=bodies(MessageIn))
def test_as_a_message(app: Flask, assistant: dict[str, Any], body: dict[str, Any]) -> None:
    whole = {"id": "1", "message_service": "Web", "message": "oi", "model": "offline", **body}

    answer = bot(app, assistant).call("POST", "/chats/enviarMensagemLLM", **sent(whole))

    unknown_model = answer.status_code == 502 and isinstance(body.get("model"), str)
    if not unknown_model:
        check(answer)


@few
@given(body=bodies(SearchIn))
def test_as_a_question(owner: Caller, assistant: dict[str, Any], body: dict[str, Any]) -> None:
    check(owner.call("POST", f"/assistants/search/{assistant['_id']}", **sent(body)))


@few
@given(body=bodies(LoginIn) | VALUES)
def test_as_a_sign_in(app: Flask, body: Any) -> None:
    check(app.test_client().post("/auth/login", **sent(body)))


@few
@given(
    raw=st.binary(max_size=200), content_type=st.sampled_from(["application/json", "multipart/form-data", ""])
)
def test_as_bytes(owner: Caller, raw: bytes, content_type: str) -> None:
    for path in ("/assistants/add", "/auth/tokens", "/documents/add", "/auth/logout/x"):
        check(owner.call("POST", path, data=raw, content_type=content_type))


@few
@given(
    query=st.dictionaries(
        st.sampled_from(sorted(ChatListArguments().fields)),
        st.text(st.characters(codec="utf-8"))
        | st.integers().map(str)
        | st.sampled_from(["\0", "0001-01-01"]),
    ),
    path=st.sampled_from(["/chats/list", "/assistants/list", "/documents/list", "/auth/tokens"]),
)
def test_as_a_query(owner: Caller, query: dict[str, str], path: str) -> None:
    check(owner.get(path, query_string=query))


@few
@given(name=st.text(st.characters(codec="utf-8"), max_size=200))
def test_as_a_name_in_a_path(owner: Caller, name: str) -> None:
    client = owner.client
    for path in ("/chats/get/", "/assistants/get/", "/documents/path/get/", "/console/"):
        # As it stands in the WSGI environment: decoded, in bytes that look like Latin-1.
        raw = {"PATH_INFO": f"{path}{name}".encode().decode("latin-1")}
        check(client.get("/", environ_overrides=raw, headers=owner.headers, buffered=True))


@few
@given(value=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])))
def test_as_a_header(app: Flask, value: str) -> None:
    for name in ("Authorization", "X-API-Key", "X-Request-ID", "X-Setup-Token", "Host", "X-Forwarded-For"):
        text = f"Bearer {value}" if name == "Authorization" else value
        check(app.test_client().get("/auth/me", headers={name: text}))
