"""The three people of the tests, and a client that speaks as one of them (or as a bot)."""

from __future__ import annotations

import io
import itertools
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from werkzeug.test import TestResponse

from kit.clock import utc_now
from kit.ids import new_id
from kit.passwords import Passwords
from models.actors import Role
from models.users import Session, User, email_key
from routes.house import EXTENSION

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@dataclass
class Caller:
    """A client with a credential: ``call("GET", "/assistants/list")``."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)
    user_id: str = ""
    email: str = ""

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send a request with the caller's credential; the answer is read whole unless ``buffered=False``."""
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **{"buffered": True, **more})

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, json=json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.call("PUT", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.call("DELETE", path, **more)

    def new_assistant(self, **settings: Any) -> dict[str, Any]:
        """An assistant of this person's."""
        response = self.post("/assistants/add", {"name": "Clínica", **settings})
        assert response.status_code == 201, response.text
        return dict(response.get_json())

    def upload(
        self, assistant_id: str, name: str, content: bytes | str, kind: str = "rag", **form: str
    ) -> TestResponse:
        """Upload a document."""
        data = content.encode() if isinstance(content, str) else content
        return self.call(
            "POST",
            "/documents/add",
            data={"file": (io.BytesIO(data), name), "type": kind, "assistant_id": assistant_id, **form},
            content_type="multipart/form-data",
        )

    def ready_document(
        self, assistant_id: str, name: str, content: bytes | str, kind: str = "rag"
    ) -> dict[str, Any]:
        """Upload a document and wait until it is in answers."""
        response = self.upload(assistant_id, name, content, kind)
        assert response.status_code == 201, response.text
        return self.settled(response.get_json()["_id"])

    def golden_run(self, assistant_id: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the golden questions and wait until that is over."""
        started = self.post(f"/assistants/golden/run/{assistant_id}", body)
        assert started.status_code == 202, started.text
        for _ in range(1000):
            run = dict(self.get(started.headers["Location"]).get_json())
            if run["status"] in ("done", "failed"):
                return run
            time.sleep(0.01)
        raise AssertionError(f"not over: {run}")

    def delivered(self, assistant_id: str) -> list[dict[str, Any]]:
        """The events for a webhook, once each of them is over."""
        for _ in range(1000):
            found = list(self.get(f"/assistants/webhooks/{assistant_id}").get_json())
            if all(one["finishedAt"] for one in found):
                return found
            time.sleep(0.01)
        raise AssertionError(f"not over: {found}")

    def generation_job(self, body: dict[str, Any], path: str = "/api/v1/generate") -> dict[str, Any]:
        """Have a prompt answered in the background and wait until that is over."""
        started = self.post(f"{path}?async=true", body)
        assert started.status_code == 202, started.text
        for _ in range(1000):
            job = dict(self.get(started.headers["Location"]).get_json())
            if job["status"] in ("done", "failed"):
                return job
            time.sleep(0.01)
        raise AssertionError(f"not over: {job}")

    def settled(self, document_id: str) -> dict[str, Any]:
        """The document once it is ``ready`` or ``failed``."""
        for _ in range(1000):
            document = dict(self.get(f"/documents/get/{document_id}").get_json())
            if document["status"] in ("ready", "failed") and document["progress"] == 100:
                return document
            time.sleep(0.02)
        raise AssertionError(f"not settled: {document}")


def bot(app: Flask, assistant: dict[str, Any]) -> Caller:
    """The bot of an assistant."""
    return Caller(app.test_client(), {"X-API-Key": assistant["api_key"]})


def nobody(app: Flask) -> Caller:
    """Somebody without a credential."""
    return Caller(app.test_client())


def made(app: Flask, name: str, role: Role = Role.USER) -> Caller:
    """A fresh account, signed in; written into the records, since the door hashes a password at each step."""
    house, email = app.extensions[EXTENSION], f"{name}{next(_numbers)}@example.com"
    now = utc_now()
    user = User(
        id=new_id(),
        name=name,
        email=email,
        email_key=email_key(email),
        password_hash=_password_hash(),
        role=role,
        active=True,
        created_at=now,
    )
    session = Session(id=new_id(), user_id=user.id, created_at=now, ends_at=now + timedelta(days=30))
    house.accounts.register_user._users.add(user)
    house.accounts.sign_in._sessions.add(session)
    with app.app_context():
        token = create_access_token(user.id, additional_claims={"sid": session.id})
    return Caller(app.test_client(), {"Authorization": f"Bearer {token}"}, user_id=user.id, email=email)


def signed_in(app: Flask, email: str, password: str = PASSWORD) -> Caller:
    """A person who has an account."""
    response = app.test_client().post("/auth/login", json={"email": email, "password": password})
    assert response.status_code == 200, response.text
    body = response.get_json()
    return Caller(
        app.test_client(),
        {"Authorization": f"Bearer {body['token']}"},
        user_id=body["user"]["id"],
        email=email,
    )


@cache
def _password_hash() -> str:
    return Passwords().hash(PASSWORD)
