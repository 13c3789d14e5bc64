"""Speaking as bots do: messages of contacts, and what comes back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from werkzeug.test import TestResponse

from tests.people import Caller
from tests.servers.openai_server import OpenAIServer

T = TypeVar("T")
ROUTE = "/chats/enviarMensagemLLM"
ANSWER = {"response", "chat_id", "message_id", "active", "tokens", "sources", "model", "routing", "createdAt"}
WITHIN_S = 60.0


def send(
    caller: Caller,
    message: str = "Quanto custa a limpeza?",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> TestResponse:
    """A contact's message, as the contract's example has it."""
    body = {
        "id": "+5513988593464",
        "message_service": "Whatsapp",
        "username": "nome",
        "active": True,
        "message": message,
    }
    return caller.post(ROUTE, {**body, **more}, headers=headers or {})


def said(caller: Caller, message: str = "Quanto custa a limpeza?", **more: Any) -> dict[str, Any]:
    """The answer to a message that is answered."""
    answer = send(caller, message, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream: name and data."""
    found = []
    for block in text.split("\n\n"):
        if block:
            first, second = block.split("\n")
            found.append((first.removeprefix("event: "), json.loads(second.removeprefix("data: "))))
    return found


def messages_of(person: Caller, chat_id: str) -> list[dict[str, Any]]:
    """A chat's messages, as a person sees them."""
    answer = person.get(f"/chats/messages/{chat_id}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json())


def wait_until(fact: Callable[[], object]) -> None:
    """Return when something has come about."""
    pause = threading.Event()
    for _ in range(int(WITHIN_S / 0.005)):
        if fact():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come about")


class Asking(Generic[T]):
    """A call in a thread of its own; ``result`` waits for it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._answer: T | None = None
        self._thread = threading.Thread(target=self._run, args=(call,))
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the answer is there."""
        return not self._thread.is_alive()

    def result(self) -> T:
        """The answer."""
        self._thread.join(WITHIN_S)
        assert self._answer is not None
        return self._answer

    def _run(self, call: Callable[[], T]) -> None:
        self._answer = call()


def asked_for(server: OpenAIServer, text: str) -> list[dict[str, Any]]:
    """The requests that the model server got with ``text`` as their last message, oldest first."""
    # Other tests of this process may have sent parts in a list.
    return [body for body in server.bodies() if str(body["messages"][-1]["content"]).endswith(text)]
