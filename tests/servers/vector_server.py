"""A small real HTTP server with OpenAI's ``/v1/embeddings``, Ollama's ``/api/embed`` and a ``/rerank``.

Vectors are counts of letters, relevance is the share of the question's words that stand in a passage; ``script``
makes it misbehave.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.servers.threaded import Handler, ThreadedServer

DIMENSIONS = 26


@dataclass(frozen=True)
class Reply:
    """What the server does with one request; the default is a well-formed answer.

    ``body`` replaces what it would have said; ``delay_s`` passes before.
    """

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass(frozen=True)
class Recorded:
    """A request as it came in; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any


class VectorServer(ThreadedServer):
    """The server, on a free port of the loopback. ``rerank_says`` names the field of passages it understands."""

    def __init__(self, *, dimensions: int = DIMENSIONS, rerank_says: str = "documents") -> None:
        self.dimensions = dimensions
        self.rerank_says = rerank_says
        self.default = Reply()
        self.requests: list[Recorded] = []
        self.most_at_once = 0
        self._at_once = 0
        self._script: deque[Reply] = deque()
        self._lock = threading.Lock()
        super().__init__(self._handler())

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return self.address

    def script(self, *replies: Reply) -> None:
        """Replies to the next requests, one each; after them the default one."""
        self._script.extend(replies)

    def answer(self, path: str, headers: Mapping[str, str], body: Any) -> tuple[Reply, bytes]:
        """Record a request; the reply to it and its bytes."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.requests.append(Recorded(path, headers, body))
            reply = self._script.popleft() if self._script else self.default
        time.sleep(reply.delay_s)
        with self._lock:
            self._at_once -= 1
        if reply.body is not None or reply.status != 200:
            return reply, reply.body or b'{"error": {"message": "the key is sk-secret"}}'
        made = self._answers[path](self, body)
        return (reply, json.dumps(made).encode()) if made is not None else (Reply(422), b"{}")

    def _openai(self, body: Any) -> Any:
        rows = [
            {"index": n, "embedding": letters(text, self.dimensions)} for n, text in enumerate(body["input"])
        ]
        return {"object": "list", "model": body["model"], "data": rows[::-1]}

    def _ollama(self, body: Any) -> Any:
        return {
            "model": body["model"],
            "embeddings": [letters(text, self.dimensions) for text in body["input"]],
        }

    def _rerank(self, body: Any) -> Any:
        texts = body.get(self.rerank_says)
        if texts is None:
            return None
        scores = [shared(body["query"], text) for text in texts]
        order = sorted(range(len(texts)), key=lambda n: -scores[n])
        if self.rerank_says == "texts":
            return [{"index": n, "score": scores[n]} for n in order]
        return {"results": [{"index": n, "relevance_score": scores[n]} for n in order[: body["top_n"]]]}

    _answers: Mapping[str, Callable[[VectorServer, Any], Any]] = {
        "/v1/embeddings": _openai,
        "/api/embed": _ollama,
        "/rerank": _rerank,
    }

    def _handler(self) -> type[Handler]:
        outer = self

        class Vectors(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply, content = outer.answer(self.path, headers, body)
                try:
                    self.send_response(reply.status)
                    self.send_header("Content-Length", str(len(content)))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:  # the client has hung up
                    self.close_connection = True

        return Vectors


def letters(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """How often each letter stands in ``text``, and one more, so that no vector is all zero."""
    lowered = text.lower()
    return [1.0 + lowered.count(chr(ord("a") + n)) for n in range(dimensions)]


def shared(query: str, text: str) -> float:
    """The share of the question's words that stand in ``text``."""
    wanted: Sequence[str] = query.lower().split()
    return sum(word in text.lower() for word in wanted) / max(1, len(wanted))
