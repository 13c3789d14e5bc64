"""Somebody who comes to an application that runs as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.crash.ledger import Client
from tests.servers.application import Application
from tests.talk import ROUTE

ADMIN = {"name": "Ana", "email": "ana@example.com", "password": "correct horse battery"}


class Visitor:
    """A person with an assistant, and its bot."""

    def __init__(self, application: Application, model: str) -> None:
        application.request("POST", "/auth/register", ADMIN)
        sign_in = {name: ADMIN[name] for name in ("email", "password")}
        _, session = application.request("POST", "/auth/login", sign_in)
        self._token = {"Authorization": f"Bearer {session['token']}"}
        self.person = Client(application.url, self._token)
        body = {"name": "Clínica", "model": model}
        _, self.assistant = self.person.call("POST", "/assistants/add", body)
        self.bot = Client(application.url, {"X-API-Key": self.assistant["api_key"]})

    def come_back(self, application: Application) -> None:
        """Go on with the application as it runs now."""
        self.close()
        self.person = Client(application.url, self._token)
        self.bot = Client(application.url, {"X-API-Key": self.assistant["api_key"]})

    def say(self, contact: str, message_id: str, message: str = "Quanto custa a limpeza?") -> tuple[int, Any]:
        body = {"id": contact, "message_service": "W", "message": message, "message_id": message_id}
        return self.bot.call("POST", ROUTE, body)

    def upload(self, name: str, text: str) -> dict[str, Any]:
        form = {"file": (name, text.encode()), "type": "rag", "assistant_id": self.assistant["_id"]}
        status, document = self.person.call("POST", "/documents/add", **form)
        assert status == 201, document
        return dict(document)

    def is_ready(self, document: dict[str, Any]) -> bool:
        _, now = self.person.call("GET", f"/documents/get/{document['_id']}")
        return bool(now.get("status") == "ready" and now.get("progress") == 100)

    def close(self) -> None:
        self.person.close()
        self.bot.close()


@contextmanager
def visited(application: Application, model: str = "offline") -> Iterator[Visitor]:
    """Somebody who has an account and an assistant in a running application."""
    visitor = Visitor(application, model)
    try:
        yield visitor
    finally:
        visitor.close()
