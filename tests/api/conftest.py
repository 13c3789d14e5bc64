"""A whole installation, as ``python main.py`` builds it, behind Flask's test client."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from argon2 import PasswordHasher
from flask import Flask

from bootstrap.installation import Installation, open_installation
from jobs.threads import Threads
from kit.settings import Settings
from routes.app import create_flask
from services.house import House
from tests.people import PASSWORD, Caller, bot, made, signed_in
from tests.servers.openai_server import OpenAIServer
from tests.talk import Asking, send, wait_until
from tests.uploads import Gate

MakeApp = Callable[..., Flask]
INNER_NAME = "inner.test"


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Password hashes that take no time: what they cost is not what these tests are about."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kit.passwords.PasswordHasher", cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def inner_name() -> Iterator[None]:
    """``INNER_NAME`` resolves to a private address, as names of a network's own do."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *args: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host == INNER_NAME else host, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.getaddrinfo", resolved)
        yield


@pytest.fixture(scope="session")
def model_server() -> Iterator[OpenAIServer]:
    """A model server; assistants with ``model="test-model"`` are answered by it."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def server(model_server: OpenAIServer) -> Iterator[OpenAIServer]:
    """The model server, for a test that scripts it: afterwards it answers as it did."""
    yield model_server
    model_server.forget()


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


@pytest.fixture
def impatient(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other without a pause, and all together take half a second at most."""
    complete = installation.house.models.route
    monkeypatch.setattr(complete, "_sleep", lambda _: None)
    monkeypatch.setattr(complete, "_chance", lambda: 0.0)
    monkeypatch.setattr(complete, "_timeout_s", 0.5)


@pytest.fixture
def gate(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Stands before every parse until it is let through."""
    index = installation.house.documents.index_document
    gate = Gate(index._parser)
    monkeypatch.setattr(index, "_parser", gate)
    yield gate
    gate.leave.set()
    wait_until(lambda: cast("Threads", installation.engine).idle)


@pytest.fixture
def on_disk(installation: Installation) -> Callable[[str], list[str]]:
    """The paths of an assistant's files, as the contract writes them."""

    def paths(assistant_id: str) -> list[str]:
        root = installation.house.settings.documents_dir
        found = [path for path in (root / assistant_id).rglob("*") if path.is_file()]
        return sorted(f"documents/{path.relative_to(root)}" for path in found)

    return paths


@pytest.fixture(scope="session")
def make_app(installation: Installation) -> MakeApp:
    """Further applications over the same records: ``make_app(rate_limit="3 per minute")``.

    Each counts its own limits. ``house=`` hands in a house with other parts.
    """

    def make(house: House = installation.house, **settings: Any) -> Flask:
        return create_flask(replace(house, settings=replace(house.settings, **settings)))

    return make


@pytest.fixture(scope="session")
def admin(app: Flask) -> Caller:
    """The first account."""
    client = app.test_client()
    person = {"name": "Admin", "email": "admin@example.com", "password": PASSWORD}
    assert client.post("/auth/register", json=person).status_code == 201
    return signed_in(app, person["email"])


@pytest.fixture
def owner(app: Flask, admin: Caller, installation: Installation) -> Caller:
    """Somebody who owns what the test makes; no model rests for what failed in a test before."""
    installation.house.models.route._ask._breakers._breakers.clear()
    return new_person(app, admin, "owner")


@pytest.fixture
def assistant(owner: Caller) -> dict[str, Any]:
    """An assistant of the owner's, answered by the model server; files that need another make it."""
    return owner.new_assistant(model="test-model")


@pytest.fixture
def contact_bot(app: Flask, assistant: dict[str, Any]) -> Caller:
    """The bot that brings the assistant what contacts write."""
    return bot(app, assistant)


@pytest.fixture
def at_once(app: Flask, assistant: dict[str, Any]) -> Any:
    """Send a message in a thread of its own."""
    return lambda message, **more: Asking(lambda: send(bot(app, assistant), message, **more))


@pytest.fixture
def outsider(app: Flask, admin: Caller) -> Caller:
    """Somebody who has no business with it."""
    return new_person(app, admin, "outsider")


@pytest.fixture
def team_mate(admin: Caller) -> Caller:
    """Somebody of the agency who sees everything: an admin."""
    return admin


def new_person(app: Flask, admin: Caller, name: str) -> Caller:
    """A fresh account, signed in."""
    del admin  # asked for, so that the first account is the admin's
    return made(app, name)


def settings_in(folder: Path, server: OpenAIServer, **more: object) -> Settings:
    """Settings of an installation of its own under ``folder``."""
    environment = {
        "DATA_DIR": str(folder / "data"),
        "DOCUMENTS_DIR": str(folder / "documents"),
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": "sk-test-key",
        "LLM_MODEL": "offline",
        "LLM_FALLBACK_MODELS": "test-model,other-model,a,b",
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        "LLM_TIMEOUT_S": "5",
        "RATE_LIMIT": "100000 per minute",
        **{name: str(value) for name, value in more.items()},
    }
    return Settings.from_env(environment)
