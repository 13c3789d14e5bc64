"""Whether it is up, and whether its parts are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.errors import Unavailable
from services.upkeep.check_health import CheckHealth
from tests.api.conftest import MakeApp
from tests.people import Caller, nobody


def down() -> None:
    raise Unavailable("Nobody answers at 10.0.0.7.", code="records_unavailable")


def fine() -> None:
    return


@pytest.fixture
def broken(make_app: MakeApp, installation: Installation) -> Flask:
    """An application whose records cannot be reached."""
    checks = CheckHealth({"records": down, "vectors": fine})
    return make_app(
        replace(installation.house, upkeep=replace(installation.house.upkeep, check_health=checks))
    )


def test_the_process_is_up(app: Flask) -> None:
    answer = nobody(app).get("/health")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "healthy"})


def test_it_is_up_also_while_a_part_is_down(broken: Flask) -> None:
    assert nobody(broken).get("/health").status_code == 200


def test_each_part_has_its_state(app: Flask) -> None:
    answer = nobody(app).get("/health/ready")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ready",
        "dependencies": {"records": "ready", "vectors": "ready"},
    }


def test_a_part_that_is_down_is_named_and_nothing_more_is_said(broken: Flask) -> None:
    answer = nobody(broken).get("/health/ready")

    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "not_ready",
        "dependencies": {"records": "records_unavailable", "vectors": "ready"},
    }


def test_a_bad_credential_does_not_matter_to_a_probe(app: Flask) -> None:
    probe = Caller(app.test_client(), {"Authorization": "Bearer nonsense"})

    assert probe.get("/health").status_code == 200
    assert probe.get("/health/ready").status_code == 200


def test_records_out_of_reach_are_a_503_that_says_when_to_come_back(
    make_app: MakeApp, installation: Installation, owner: Caller
) -> None:
    class OutOfReach:
        def __getattr__(self, name: str) -> object:
            raise Unavailable(
                "The records cannot be reached right now.", code="records_unavailable", retry_after=2
            )

    find: Any = OutOfReach()
    app = make_app(
        replace(installation.house, assistants=replace(installation.house.assistants, find_assistants=find))
    )

    answer = Caller(app.test_client(), owner.headers).get("/assistants/list")

    assert (answer.status_code, answer.get_json()["error"]) == (503, "records_unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert answer.get_json().keys() == {"error", "message", "details", "request_id"}
