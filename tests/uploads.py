"""What tests of documents have in common: a text about prices, a way to stop while one is read, a look at answers."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from integrations.parsing.base import Parser
from kit.ids import new_id
from models.documents import ParsedDocument
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer

WITHIN_S = 20.0
PRICES = "# Preços\n\nA limpeza custa 120 reais.\n"


class Gate:
    """A parser that waits for leave before it reads: what happens meanwhile happens during indexing."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.reached = threading.Event()
        self.leave = threading.Event()

    def parse(self, path: Path, file_format: str) -> ParsedDocument:
        self.reached.set()
        assert self.leave.wait(WITHIN_S)
        return self._parser.parse(path, file_format)

    def close(self) -> None:
        """The parser behind it is closed by its owner."""


def again(app: Flask, caller: Caller) -> Caller:
    """The same caller with a client of its own, for another thread."""
    return replace(caller, client=app.test_client())


def found(caller: Caller, assistant: dict[str, Any], query: str) -> list[dict[str, Any]]:
    answer = caller.post(f"/assistants/search/{assistant['_id']}", {"query": query})
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["passages"])


def system_prompt(app: Flask, assistant: dict[str, Any], server: OpenAIServer) -> str:
    """What the model is told when the assistant is asked something now."""
    message = {"id": new_id(), "message_service": "Whatsapp", "message": "Quanto custa a limpeza?"}
    assert bot(app, assistant).post("/chats/enviarMensagemLLM", message).status_code == 200
    return str(server.bodies()[-1]["messages"][0]["content"])
