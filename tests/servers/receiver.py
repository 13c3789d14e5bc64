"""A webhook receiver on loopback, scripted to fail, to be slow, to redirect, and to check signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from tests.servers.threaded import Handler, ThreadedServer


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """As a receiver checks it, written down here a second time."""
        key = (
            base64.b64decode(secret.removeprefix("whsec_"))
            if secret.startswith("whsec_")
            else secret.encode()
        )
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


class Receiver(ThreadedServer):
    """``script[path]`` holds the answers to come, ``(status, headers, seconds)``; then, and elsewhere, 204."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: dict[str, list[tuple[int, dict[str, str], float]]] = {}
        self._came = threading.Condition()
        receiver = self

        class Hooks(Handler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                one = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                with receiver._came:
                    receiver.received.append(one)
                    receiver._came.notify_all()
                waiting = receiver.script.get(self.path)
                status, headers, seconds = waiting.pop(0) if waiting else (204, {}, 0.0)
                time.sleep(seconds)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                except OSError:
                    return  # the sender hung up

        super().__init__(Hooks)

    def url(self, path: str = "/") -> str:
        return f"{self.address}{path}"

    def at(self, path: str) -> list[Received]:
        with self._came:
            return [one for one in self.received if one.path == path]

    def wait(self, path: str, count: int = 1, within_s: float = 10.0) -> list[Received]:
        """What came to ``path``, once it is so many."""
        with self._came:
            there = self._came.wait_for(
                lambda: sum(one.path == path for one in self.received) >= count, within_s
            )
        assert there, f"{len(self.at(path))} of {count} came to {path}"
        return self.at(path)
