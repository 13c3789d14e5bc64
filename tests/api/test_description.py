"""``/openapi.json`` can be read by the pages and by programs, and leaves no route out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from flask import Flask

METHODS = {"get", "post", "put", "delete"}
PAGES = {
    "/",
    "/swagger/",
    "/redoc/",
    "/console/<path:filename>",
    "/openapi.json",
    "/gallery",
    "/gallery/new",
    "/gallery/<card_id>",
    "/cocktails/",
    "/generate/",
    "/shared/cards/<share>",
    "/shared/cards/<share>/image",
}


@pytest.fixture(scope="module")
def description(app: Flask) -> dict[str, Any]:
    response = app.test_client().get("/openapi.json")
    assert response.mimetype == "application/json"
    return dict(response.get_json())


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    references = set(_references(description))
    assert "#/components/schemas/ErrorBody" in references
    lost = [one for one in references if not _exists(description, one)]
    assert lost == []


def test_every_route_but_the_pages_is_described(app: Flask, description: dict[str, Any]) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules()} - PAGES
    described = {_without_slash(path.replace("{", "<").replace("}", ">")) for path in description["paths"]}
    assert {_without_slash(_plain(route)) for route in routes} == described


def test_every_operation_says_who_may_call_and_what_an_error_is(description: dict[str, Any]) -> None:
    schemes = set(description["components"]["securitySchemes"])
    for path, operations in description["paths"].items():
        for method in METHODS & set(operations):
            operation = operations[method]
            named = {name for need in operation["security"] for name in need}
            assert named <= schemes, path
            assert "application/json" in operation["responses"]["default"]["content"], path
            assert operation["summary"], path


def test_parameters_in_paths_are_described(description: dict[str, Any]) -> None:
    for path, operations in description["paths"].items():
        named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        shared = operations.get("parameters", [])
        for method in METHODS & set(operations):
            given = [*shared, *operations[method].get("parameters", [])]
            assert {one["name"] for one in given if one["in"] == "path"} == named, path


@pytest.mark.parametrize("path", ["/swagger", "/swagger/", "/redoc", "/redoc/", "/"])
def test_pages_are_served_with_or_without_their_slash(app: Flask, path: str) -> None:
    with app.test_client().get(path) as response:
        assert response.status_code == 200
        assert response.mimetype == "text/html"


@pytest.mark.parametrize(
    "name", ["../main.py", "%2e%2e/main.py", "vendor/../../main.py", "/etc/passwd", "vendor"]
)
def test_only_files_of_the_pages_are_served(app: Flask, name: str) -> None:
    response = app.test_client().get(f"/console/{name}")
    assert response.status_code == 404
    assert response.get_json()["error"] == "not_found"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _references(one)


def _exists(description: dict[str, Any], reference: str) -> bool:
    try:
        reduce(lambda node, part: node[part], reference.removeprefix("#/").split("/"), description)
    except KeyError:
        return False
    return True


def _plain(rule: str) -> str:
    """``/a/<converter:name>`` as ``/a/<name>``."""
    return "/".join(
        f"<{part[1:-1].split(':')[-1]}>" if part.startswith("<") else part for part in rule.split("/")
    )


def _without_slash(path: str) -> str:
    return path.rstrip("/") or "/"
