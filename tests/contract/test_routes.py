"""The routes are the contract's, and the description has each of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

# The tables of the contract, and what a new thing is answered with where it is not 200.
CONTRACT = {
    ("POST", "/auth/register"): 201,
    ("POST", "/auth/login"): 200,
    ("GET", "/auth/me"): 200,
    ("POST", "/auth/refresh"): 200,
    ("POST", "/auth/logout"): 204,
    ("PUT", "/auth/password"): 204,
    ("POST", "/auth/tokens"): 201,
    ("GET", "/auth/tokens"): 200,
    ("DELETE", "/auth/tokens/<id>"): 204,
    ("GET", "/auth/users"): 200,
    ("PUT", "/auth/users/<id>"): 200,
    ("DELETE", "/auth/users/<id>"): 200,
    ("POST", "/assistants/add"): 201,
    ("GET", "/assistants/list"): 200,
    ("GET", "/assistants/get/<id>"): 200,
    ("PUT", "/assistants/update/<id>"): 200,
    ("DELETE", "/assistants/delete/<id>"): 200,
    ("POST", "/assistants/rotate_key/<id>"): 200,
    ("POST", "/assistants/search/<id>"): 200,
    ("POST", "/chats/enviarMensagemLLM"): 200,
    ("GET", "/chats/list"): 200,
    ("GET", "/chats/listarAtivos"): 200,
    ("GET", "/chats/listarInativos"): 200,
    ("GET", "/chats/get/<id>"): 200,
    ("GET", "/chats/messages/<id>"): 200,
    ("PUT", "/chats/desativar/<id>"): 200,
    ("PUT", "/chats/ativar/<id>"): 200,
    ("POST", "/chats/reply/<id>"): 201,
    ("DELETE", "/chats/delete/<id>"): 200,
    ("GET", "/chats/outbox"): 200,
    ("POST", "/chats/outbox/ack"): 200,
    ("POST", "/documents/add"): 201,
    ("GET", "/documents/list"): 200,
    ("GET", "/documents/get/<id>"): 200,
    ("PUT", "/documents/path/get/<id>"): 200,
    ("GET", "/documents/path/get/<id>"): 200,
    ("GET", "/documents/download/<id>"): 200,
    ("DELETE", "/documents/delete/<id>"): 200,
    ("POST", "/documents/reindex/<id>"): 202,
    ("POST", "/api/v1/generate"): 200,
    ("POST", "/api/v1/rag"): 200,
    ("GET", "/api/v1/status"): 200,
    ("GET", "/api/v1/jobs/<id>"): 200,
    ("POST", "/api/generate"): 200,
    ("POST", "/api/rag"): 200,
    ("GET", "/api/status"): 200,
    ("POST", "/create_npc/"): 200,
    ("POST", "/chat_npc/"): 200,
    ("POST", "/end_chat_session/"): 200,
    ("GET", "/chat/<id>/<id>/history/"): 200,
    ("GET", "/guides"): 200,
    ("POST", "/guides"): 201,
    ("GET", "/guides/<id>"): 200,
    ("PUT", "/guides/<id>"): 200,
    ("DELETE", "/guides/<id>"): 200,
    ("POST", "/guides/render/<id>"): 200,
    ("POST", "/guides/run/<id>"): 200,
    ("GET", "/models"): 200,
    ("POST", "/models"): 201,
    ("PUT", "/models/<id>"): 200,
    ("DELETE", "/models/<id>"): 200,
    ("POST", "/models/test/<id>"): 200,
    ("POST", "/v1/chat/completions"): 200,
    ("GET", "/v1/models"): 200,
    ("POST", "/v1/embeddings"): 200,
    ("GET", "/metrics"): 200,
    ("POST", "/app/generate_quiz_from_text/"): 200,
    ("POST", "/app/generate_quiz_from_text_to_md/"): 200,
    ("GET", "/studio/templates"): 200,
    ("POST", "/studio/cards"): 201,
    ("GET", "/studio/cards"): 200,
    ("GET", "/studio/cards/<id>"): 200,
    ("DELETE", "/studio/cards/<id>"): 200,
    ("GET", "/studio/cards/<id>/image"): 200,
    ("GET", "/studio/cards/<id>/pdf"): 200,
    ("GET", "/health"): 200,
    ("GET", "/health/ready"): 200,
}
# What there is beside them, for whom the console is for.
ADDED = {
    ("POST", "/studio/templates"): 201,
    ("GET", "/studio/templates/<id>"): 200,
    ("PUT", "/studio/templates/<id>"): 200,
    ("DELETE", "/studio/templates/<id>"): 200,
    ("POST", "/studio/cards/<id>/image"): 202,
    ("POST", "/studio/cards/<id>/share"): 201,
    ("DELETE", "/studio/cards/<id>/share"): 200,
    ("GET", "/pushes"): 200,
    ("POST", "/pushes"): 202,
    ("GET", "/pushes/<id>"): 200,
    ("DELETE", "/pushes/<id>"): 200,
    ("GET", "/pushes/contacts/<id>"): 200,
    ("PUT", "/chats/guide/<id>"): 200,
    ("PUT", "/chats/opt_out/<id>"): 200,
    ("GET", "/quizzes"): 200,
    ("GET", "/quizzes/<id>"): 200,
    ("GET", "/quizzes/<id>/markdown"): 200,
    ("DELETE", "/quizzes/<id>"): 200,
    ("POST", "/quizzes/<id>/answers"): 200,
    ("GET", "/quizzes/<id>/answers"): 200,
    ("GET", "/guides/versions/<id>"): 200,
    ("POST", "/guides/restore/<id>"): 200,
    ("GET", "/assistants/webhooks/<id>"): 200,
    ("GET", "/assistants/webhooks/<id>/<id>"): 200,
    ("POST", "/assistants/webhooks/resend/<id>/<id>"): 202,
    ("POST", "/assistants/webhooks/test/<id>"): 202,
    ("GET", "/v1/models/<id>"): 200,
    ("DELETE", "/assistants/rotate_key/<id>"): 200,
    ("GET", "/assistants/members/<id>"): 200,
    ("PUT", "/assistants/members/<id>"): 200,
    ("DELETE", "/assistants/members/<id>"): 200,
    ("DELETE", "/assistants/members/<id>/<id>"): 200,
    ("GET", "/models/<id>"): 200,
    ("POST", "/documents/add_url"): 201,
    ("POST", "/documents/refresh/<id>"): 202,
    ("POST", "/documents/retry/<id>"): 202,
    ("GET", "/assistants/golden/<id>"): 200,
    ("POST", "/assistants/golden/<id>"): 201,
    ("DELETE", "/assistants/golden/<id>"): 200,
    ("GET", "/assistants/golden/questions/<id>/<id>"): 200,
    ("DELETE", "/assistants/golden/questions/<id>/<id>"): 200,
    ("POST", "/assistants/golden/run/<id>"): 202,
    ("GET", "/assistants/golden/runs/<id>"): 200,
    ("GET", "/assistants/golden/runs/<id>/<id>"): 200,
    ("GET", "/assistants/unanswered/<id>"): 200,
    ("PUT", "/assistants/answer/<id>"): 200,
    ("GET", "/assistants/faq/<id>"): 200,
    ("DELETE", "/assistants/faq/<id>/<id>"): 200,
    ("DELETE", "/assistants/unanswered/<id>/<id>"): 200,
    ("PUT", "/auth/tokens/<id>"): 200,
    ("GET", "/usage"): 200,
    ("GET", "/usage/limits"): 200,
    ("GET", "/requests"): 200,
    ("GET", "/documents/chunks/<id>"): 200,
    ("GET", "/documents/chunks/<id>/<id>"): 200,
}
ROUTES = CONTRACT | ADDED
# The description does not describe itself, nor the pages.
PAGES = {
    ("GET", "/gallery"),
    ("GET", "/gallery/new"),
    ("GET", "/gallery/<id>"),
    ("GET", "/cocktails/"),
    ("GET", "/generate/"),
    ("GET", "/shared/cards/<id>"),
    ("GET", "/shared/cards/<id>/image"),
    ("GET", "/"),
    ("GET", "/swagger/"),
    ("GET", "/redoc/"),
    ("GET", "/openapi.json"),
    ("GET", "/console/<id>"),
}


@pytest.fixture(scope="module")
def description(app: Flask) -> dict[str, Any]:
    return dict(json.loads(app.config["OPENAPI_TEXT"]))


@pytest.fixture(scope="module")
def operations(description: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), re.sub(r"{[^}]+}", "<id>", path)): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_there_is_each_route_of_the_contract_and_no_other_that_is_not_named_here(app: Flask) -> None:
    served = {
        (method, re.sub(r"<[^>]+>", "<id>", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert served == ROUTES.keys() | PAGES


def test_the_description_is_openapi(description: dict[str, Any]) -> None:
    validate(description)


def test_it_describes_each_route(operations: dict[tuple[str, str], Any]) -> None:
    assert operations.keys() == ROUTES.keys()


def test_each_operation_says_what_it_does_and_gives(operations: dict[tuple[str, str], Any]) -> None:
    for route, operation in operations.items():
        assert operation["summary"].endswith((".", "?")), route
        assert str(ROUTES[route]) in operation["responses"], route
        assert operation["responses"]["default"]["content"]["application/json"], route
        assert ROUTES[route] == 204 or operation["responses"][str(ROUTES[route])]["content"], route
    assert len({one["operationId"] for one in operations.values()}) == len(operations)


def test_each_list_says_how_it_goes_on(operations: dict[tuple[str, str], Any]) -> None:
    named = (
        r"list|requests$|quizzes$|templates$|cards$|guides$|pushes$|outbox$|messages|tokens$|users$"
        r"|(chunks|unanswered|faq|members|webhooks|versions|contacts)/<id>$"
        r"|golden/(runs/)?<id>$"
    )
    lists = {(method, path) for method, path in ROUTES if method == "GET" and re.search(named, path)}

    assert len(lists) == 24
    for route in lists:
        operation = operations[route]
        assert {"limit", "cursor", "count"} <= {one["name"] for one in operation["parameters"]}, route
        assert operation["responses"]["200"]["headers"].keys() == {"X-Next-Cursor", "X-Total-Count"}, route


def test_bodies_that_refuse_unknown_fields_say_so(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    bodies = {name for name in schemas if name.endswith(("In", "Change"))}

    assert {name for name in bodies if schemas[name].get("additionalProperties") is not False} == {
        "MessageIn"
    }


def test_an_upload_is_described_as_one_form(operations: dict[tuple[str, str], Any]) -> None:
    content = operations["POST", "/documents/add"]["requestBody"]["content"]

    assert list(content) == ["multipart/form-data"]
    schema = content["multipart/form-data"]["schema"]
    assert schema["properties"].keys() == {"file", "type", "assistant_id", "replace"}
    assert schema["required"] == ["file", "type", "assistant_id"]
