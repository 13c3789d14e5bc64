"""A whole installation, as ``python main.py`` builds it, behind Flask's test client."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from bootstrap import Installation, open_installation
from kit.settings import Settings
from routes.app import create_flask
from tests.people import PASSWORD, Caller, signed_in
from tests.servers.openai_server import OpenAIServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def model_server() -> Iterator[OpenAIServer]:
    """A model server; assistants with ``model="test-model"`` are answered by it."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="session")
def installation(
    tmp_path_factory: pytest.TempPathFactory, model_server: OpenAIServer
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    running = open_installation(settings_in(folder, model_server))
    running.start_work()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def app(installation: Installation) -> Flask:
    return create_flask(installation.house)


@pytest.fixture(scope="session")
def admin(app: Flask) -> Caller:
    """The first account."""
    client = app.test_client()
    person = {"name": "Admin", "email": "admin@example.com", "password": PASSWORD}
    assert client.post("/auth/register", json=person).status_code == 201
    return signed_in(app, person["email"])


@pytest.fixture
def owner(app: Flask, admin: Caller) -> Caller:
    """Somebody who owns what the test makes."""
    return new_person(app, admin, "owner")


@pytest.fixture
def outsider(app: Flask, admin: Caller) -> Caller:
    """Somebody who has no business with it."""
    return new_person(app, admin, "outsider")


@pytest.fixture
def team_mate(admin: Caller) -> Caller:
    """Somebody of the agency who sees everything: an admin."""
    return admin


def new_person(app: Flask, admin: Caller, name: str) -> Caller:
    """A fresh account, made by the admin."""
    email = f"{name}{next(_numbers)}@example.com"
    made = admin.post("/auth/register", {"name": name, "email": email, "password": PASSWORD})
    assert made.status_code == 201, made.text
    return signed_in(app, email)


def settings_in(folder: Path, server: OpenAIServer, **more: object) -> Settings:
    """Settings of an installation of its own under ``folder``."""
    environment = {
        "DATA_DIR": str(folder / "data"),
        "DOCUMENTS_DIR": str(folder / "documents"),
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": "sk-test-key",
        "LLM_MODEL": "offline",
        "LLM_TIMEOUT_S": "5",
        "RATE_LIMIT": "100000 per minute",
        **{name: str(value) for name, value in more.items()},
    }
    return Settings.from_env(environment)
