"""Every route, as an editor and as a viewer of an assistant that is somebody else's.

The routes are read from the API description, as in the outsider's walk: a new one is walked by itself.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from models.actors import Access
from routes.guards import ACCESS_ATTRIBUTE, access_by_method
from tests.api.test_outsider_walk import (
    IDS,
    OURS,
    SECRET,
    described,
    fields_of,
    filled,
    send,
    things_of,
    watch,
)
from tests.people import Caller

Operations = dict[tuple[str, str], dict[str, Any]]
# What belongs to an assistant; with nothing of that named, a route is not about an assistant. A job is its caller's.
OF_AN_ASSISTANT = {kind for kind in OURS.values() if kind} - {"user", "token", "contact", "message", "job"}
# Routes that need a state of things that the owner's are not in; asked for all the same.
IN_ANOTHER_STATE = {409, 422}


@pytest.fixture(scope="module")
def operations(app: Flask) -> Operations:
    return described(app)


@pytest.fixture
def owned(app: Flask, owner: Caller) -> dict[str, str]:
    return things_of(app, owner, "+5513988593464", SECRET)


@pytest.fixture
def shared(app: Flask, owner: Caller, owned: dict[str, str]) -> dict[str, str]:
    """What else the owner has, on another assistant; made before anything is watched."""
    return things_of(app, owner, "+351900000000", "cravo")


@pytest.fixture
def guard(installation: Installation, owned: dict[str, str]) -> Any:
    return watch(installation, owned)


@pytest.fixture
def walked(app: Flask, operations: Operations) -> dict[tuple[str, str], Access]:
    """Each operation of people on what belongs to an assistant, and what it does with that."""
    views = {}
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            views[f"{method.lower()}_{rule.endpoint.replace('.', '_')}"] = app.view_functions[rule.endpoint]
    found = {}
    for (method, path), operation in operations.items():
        if {"person": []} in operation["security"] and _names_things(operation):
            view = views[operation["operationId"]]
            found[method, path] = getattr(view, ACCESS_ATTRIBUTE, access_by_method(method))
    assert len(found) > 25
    return found


def given(owner: Caller, somebody: Caller, assistant_id: str, role: str) -> Caller:
    answer = owner.put(f"/assistants/members/{assistant_id}", {"user_id": somebody.user_id, "role": role})
    assert answer.status_code == 200, answer.text
    return somebody


def test_a_viewer_sees_everything_and_changes_nothing(
    owner: Caller,
    outsider: Caller,
    operations: Operations,
    walked: dict[tuple[str, str], Access],
    owned: dict[str, str],
    guard: Any,
) -> None:
    viewer = given(owner, outsider, owned["assistant"], "viewer")
    problems = []
    for (method, path), access in walked.items():
        answer = send(viewer, method, path, filled(method, path, operations[method, path], owned))
        fits = answer.status_code < 300 if access is Access.READ else answer.status_code == 403
        if not fits:
            problems.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        if owned["key"].encode() in answer.data:
            problems.append(f"{method} {path}: shows the key")
        changed = guard() if access is not Access.READ else ""  # whatever is changed is seen at the end
        if changed:
            problems.append(f"{method} {path}: changed {changed}")
    assert problems == []
    assert guard() == ""
    assert Access.OWN in walked.values()


def test_an_editor_works_with_everything_but_the_assistant_itself(
    app: Flask,
    owner: Caller,
    outsider: Caller,
    operations: Operations,
    walked: dict[tuple[str, str], Access],
    owned: dict[str, str],
) -> None:
    editor = given(owner, outsider, owned["assistant"], "editor")
    problems = []
    for method, path in sorted(walked, key=_order):
        access = walked[method, path]
        answer = send(editor, method, path, filled(method, path, operations[method, path], owned))
        if access is Access.OWN:
            fits = answer.status_code == 403
        elif method == "DELETE":
            fits = answer.status_code < 300 or answer.status_code == 404  # it went with the one before
        else:
            fits = answer.status_code < 300 or answer.status_code in IN_ANOTHER_STATE
        if not fits:
            problems.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        if owned["key"].encode() in answer.data:
            problems.append(f"{method} {path}: shows the key")
    assert problems == []


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_role_on_one_assistant_opens_no_other(
    app: Flask,
    owner: Caller,
    outsider: Caller,
    operations: Operations,
    walked: dict[tuple[str, str], Access],
    owned: dict[str, str],
    shared: dict[str, str],
    guard: Any,
    role: str,
) -> None:
    member = given(owner, outsider, shared["assistant"], role)
    problems = []
    for method, path in walked:
        answer = send(member, method, path, filled(method, path, operations[method, path], owned))
        if answer.status_code != 404 or SECRET.encode() in answer.data:
            problems.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert problems == []
    assert guard() == ""


def _names_things(operation: dict[str, Any]) -> bool:
    named = {
        OURS.get(field)
        for part, field, required in fields_of(operation)
        if part == "path" or (required and IDS.search(field))
    }
    return bool(named & OF_AN_ASSISTANT)


def _order(route: tuple[str, str]) -> tuple[bool, int]:
    """Deletions come last, what lies deepest first."""
    return route[0] == "DELETE", -route[1].count("/")
