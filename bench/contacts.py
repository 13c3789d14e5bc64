"""Contacts that write to a bot, many at once, each over its own kept connection.

Run as a process (``python -m bench.contacts``), so that it shares no interpreter lock with the server: a ``Load``
comes as JSON on standard input, what was measured goes as JSON to standard output.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count

from kit.settings import PROJECT_ROOT

PATH = "/chats/enviarMensagemLLM"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Load:
    """Who writes what for how long: each contact sends its next message when the last one is answered.

    What is sent during the first ``warm_s`` seconds is not counted; ``spread_s`` is the time over which
    the contacts begin. ``path`` is the bots' route, or one that takes OpenAI's chat completions.
    """

    port: int
    api_key: str
    model: str
    contacts: int
    seconds: float
    questions: list[str]
    name: str = "contact"
    warm_s: float = 1.0
    spread_s: float = 0.0
    path: str = PATH


@dataclass(frozen=True)
class Figures:
    """What was measured: the seconds that each answered turn took, and how many others there were."""

    seconds: float
    took: list[float]
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def turns_per_second(self) -> float:
        """Answered turns a second, all contacts together."""
        return len(self.took) / self.seconds

    def percentile(self, percent: int) -> float:
        """Seconds within which so many of a hundred turns were answered."""
        if len(self.took) < 2:
            return self.took[0] if self.took else float("nan")
        return statistics.quantiles(self.took, n=100, method="inclusive")[percent - 1]


def run_load(load: Load) -> Figures:
    """Have a process of its own do it, and wait for its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.contacts"],
        cwd=PROJECT_ROOT,
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=False,
        timeout=load.seconds + load.warm_s + load.spread_s + PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return Figures(**json.loads(done.stdout))


class _Connection(asyncio.Protocol):
    """One request at a time, as cheap as it gets: the answer's status and length are all that is read."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= _content_length(head) and self._answer is not None:
            status = int(head[9:12])
            self._received.clear()
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    async def ask(self, request: bytes) -> int:
        """Send a request; the status of its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(PATIENCE_S):
            return await self._answer


class _Crowd:
    """All contacts of a load."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._took: list[float] = []
        self._errors: Counter[str] = Counter()
        self._began = self._counted_from = self._until = 0.0

    async def run(self) -> Figures:
        load = self._load
        self._counted_from = time.perf_counter() + load.spread_s + load.warm_s
        self._until = self._counted_from + load.seconds
        await asyncio.gather(*(self._contact(number) for number in range(load.contacts)))
        return Figures(load.seconds, self._took, dict(self._errors))

    async def _contact(self, number: int) -> None:
        await asyncio.sleep(self._load.spread_s * number / self._load.contacts)
        connection: _Connection | None = None
        for turn in count():
            if time.perf_counter() >= self._until:
                return
            if connection is None:
                connection = await self._connect()
            began = time.perf_counter()
            try:
                outcome = str(await connection.ask(self._request(number, turn)))
            except (OSError, TimeoutError) as problem:
                outcome, connection = type(problem).__name__, None
            self._note(outcome, began, time.perf_counter())

    def _note(self, outcome: str, began: float, ended: float) -> None:
        """Turns that end while it counts are counted: as many begin before as end after."""
        if not self._counted_from <= ended < self._until:
            return
        if outcome == "200":
            self._took.append(ended - began)
        else:
            self._errors[outcome] += 1

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._load.port)
        return connection

    def _request(self, number: int, turn: int) -> bytes:
        load = self._load
        question = load.questions[(number + turn) % len(load.questions)]
        if load.path != PATH:
            asked = {"model": load.model, "messages": [{"role": "user", "content": question}]}
            return self._encoded(asked, f"Authorization: Bearer {load.api_key}")
        body = {
            "id": f"{load.name}-{number}",
            "message_service": "Whatsapp",
            "username": f"Contato {number}",
            "active": True,
            "message": question,
            "message_id": f"{load.name}-{number}-{turn}-{time.time_ns()}",
            "model": load.model,
        }
        return self._encoded(body, f"X-API-Key: {load.api_key}")

    def _encoded(self, body: Mapping[str, object], credential: str) -> bytes:
        content = json.dumps(body).encode()
        head = (
            f"POST {self._load.path} HTTP/1.1\r\nHost: 127.0.0.1:{self._load.port}\r\n{credential}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


def _content_length(head: bytes | bytearray) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def main() -> None:
    """Do the load on standard input and print its figures."""
    load = Load(**json.load(sys.stdin))
    print(json.dumps(asdict(asyncio.run(_Crowd(load).run()))))


if __name__ == "__main__":
    main()
