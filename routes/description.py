"""The OpenAPI description: what the schemas say, and what holds on every route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask_smorest import Api

from routes.guards import GUARD_ATTRIBUTE

VERSION = "0.1.0"
INTRODUCTION = """\
Assistants with documents and chats.

Bodies are JSON in UTF-8; a trailing slash is optional everywhere. Times are RFC 3339 in UTC. Every error
is `{error, message, details, request_id}`; `details` maps a field to a list of messages. `X-Request-ID`
is echoed. What belongs to somebody else is 404, as what does not exist.
"""
SCHEMES = {
    "person": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from `POST /auth/login` or the identity provider, or a personal one (`pat_…`).",
    },
    "assistant_key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An assistant's key (`ask_…`).",
    },
    "assistant_bearer": {"type": "http", "scheme": "bearer", "description": "An assistant's key (`ask_…`)."},
}
# A guard's name to the credentials that it takes, each alone.
SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "person": [{"person": []}],
    "admin": [{"person": []}],
    "bot": [{"assistant_key": []}, {"assistant_bearer": []}],
    "caller": [{"person": []}, {"assistant_key": []}, {"assistant_bearer": []}],
    "anybody": [],
}
ERROR = {
    "description": "Any error.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}
_TEXT = {"type": "string"}
_MAYBE = {"type": "string", "nullable": True}
OPENAI_ERROR = {
    "description": "Any error, as OpenAI's clients know it.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "error": {
                        "type": "object",
                        "properties": {"message": _TEXT, "type": _TEXT, "param": _MAYBE, "code": _MAYBE},
                        "required": ["message", "type", "param", "code"],
                    }
                },
                "required": ["error"],
            }
        }
    },
}
LIST_HEADERS = {
    "X-Next-Cursor": {
        "description": "Asks for what follows; absent on the last page.",
        "schema": {"type": "string"},
    },
    "X-Total-Count": {"description": "With `count=true`.", "schema": {"type": "integer"}},
}
LOCATION = {"Location": {"description": "Where it is now.", "schema": {"type": "string"}}}

Operation = dict[str, Any]


def options() -> dict[str, Any]:
    """What flask-smorest is told of the whole API."""
    return {
        "info": {"description": INTRODUCTION, "license": {"name": "MIT"}},
        "components": {"securitySchemes": SCHEMES},
    }


def describe(app: Flask, api: Api) -> dict[str, Any]:
    """The whole description, each operation completed by what its route says of it."""
    description: dict[str, Any] = api.spec.to_dict()
    for endpoint, method, operation in _operations(app, description):
        guard = getattr(app.view_functions[endpoint], GUARD_ATTRIBUTE, "")
        operation["operationId"] = f"{method.lower()}_{endpoint.replace('.', '_')}"
        operation.setdefault("security", SECURITY.get(guard, []))
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = OPENAI_ERROR if endpoint.startswith("openai.") else ERROR
        _move_form_into_body(operation)
        _say_how_lists_go_on(operation)
    return description


def _operations(app: Flask, description: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """The endpoint, the method and the description of each described operation."""
    for rule in app.url_map.iter_rules():
        operations = description["paths"].get(_openapi_path(rule.rule), {})
        for method in sorted(rule.methods or ()):
            if method.lower() in operations:
                yield rule.endpoint, method, operations[method.lower()]


def _move_form_into_body(operation: Operation) -> None:
    """OpenAPI 3 knows no form parameters: the fields beside a file stand in the body, with the file."""
    fields = [one for one in operation.get("parameters", ()) if one["in"] == "formData"]
    if not fields:
        return
    operation["parameters"] = [one for one in operation["parameters"] if one not in fields]
    form = operation["requestBody"]["content"]["multipart/form-data"]
    file = {"type": "string", "format": "binary"}
    described = {
        one["name"]: {**one["schema"], **{key: one[key] for key in ("description",) if key in one}}
        for one in fields
    }
    form["schema"] = {
        "type": "object",
        "properties": {"file": {"oneOf": [file, {"type": "array", "items": file}]}, **described},
        "required": ["file", *(one["name"] for one in fields if one["required"])],
        "additionalProperties": False,
    }


def _say_how_lists_go_on(operation: Operation) -> None:
    answer = operation["responses"].get("200", {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("type") == "array":
        answer["headers"] = LIST_HEADERS


def _openapi_path(rule: str) -> str:
    parts = [f"{{{part[1:-1].split(':')[-1]}}}" if part.startswith("<") else part for part in rule.split("/")]
    return "/".join(parts)
