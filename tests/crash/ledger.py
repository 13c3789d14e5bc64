"""What clients were promised before the server was killed, and whether it is kept after."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import Any

import urllib3

Answer = tuple[int, Any]


class Down(Exception):
    """The server is gone: what was asked may have happened or not."""


class Client:
    """HTTP with a credential; one for every thread."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._pool = urllib3.PoolManager(retries=False, timeout=30.0)

    def call(self, method: str, path: str, body: Any = None, **form: Any) -> Answer:
        """Status and JSON (or bytes); ``Down`` when no whole answer came."""
        more: dict[str, Any] = {"headers": self._headers}
        if body is not None:
            more = {
                "body": json.dumps(body),
                "headers": {**self._headers, "Content-Type": "application/json"},
            }
        elif form:
            more["fields"] = form
        try:
            answer = self._pool.request(method, self._url + path, **more)
        except urllib3.exceptions.HTTPError as problem:
            raise Down from problem
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, json.loads(answer.data) if is_json else answer.data

    def close(self) -> None:
        """Let its connections go."""
        self._pool.clear()


class Ledger:
    """Counts promises; a breach is a sentence."""

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self.in_doubt: Counter[str] = Counter()
        self.breaches: list[str] = []
        self._lock = threading.Lock()

    def promised(self, kind: str) -> None:
        """A client was told that it is done."""
        with self._lock:
            self.acknowledged[kind] += 1

    def doubted(self, kind: str) -> None:
        """A client was not told anything."""
        with self._lock:
            self.in_doubt[kind] += 1

    def check(self, sentence: str, *, kept: object) -> None:
        """Note what was not kept."""
        if not kept:
            with self._lock:
                self.breaches.append(sentence)

    def figures(self) -> str:
        """One line for people."""
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(self.acknowledged.items()))
        return f"acknowledged {told}; in doubt {sum(self.in_doubt.values())}; lost {len(self.breaches)}"
