"""A real HTTP server that speaks OpenAI's chat completions and misbehaves on demand.

In tests: ``with OpenAIServer() as server: server.script(Reply("Olá"), Reply(status=500))``. As a process
of its own, for benches: ``python -m tests.servers.openai_server --port 9000 --delay 1``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import ssl
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
MAX_RECORDED = 10_000


@dataclass(frozen=True)
class Reply:
    """What the server does with one request; the default is a well-formed short answer.

    ``text`` is the answer, streamed in words or in the given ``pieces``. ``body`` (or the ``frames`` of a
    stream) replaces everything made from it. ``delay_s`` passes before the first byte, ``drip_s`` before
    each byte of a body and each frame of a stream, ``head_drip_s`` before each byte of the head.
    ``cut_after`` drops the connection after so many bytes of a body, or frames of a stream.
    ``lie`` is how many bytes more than there are the head announces. ``refuses`` names fields of the request that
    are answered with 400. ``held`` waits for ``release()`` first.
    """

    text: str = "Olá do modelo."
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    pieces: Sequence[str] | None = None
    usage: tuple[int, int] | None = (11, 7)
    finish_reason: str | None = "stop"
    done: bool = True
    body: bytes | None = None
    frames: Sequence[bytes] | None = None
    content_type: str = ""
    held: bool = False
    tool_calls: Sequence[Mapping[str, Any]] = ()
    lie: int = 0
    delay_s: float = 0.0
    drip_s: float = 0.0
    head_drip_s: float = 0.0
    cut_after: int | None = None
    refuses: tuple[str, ...] = ()
    refusal: str = "Unrecognized request argument supplied: {field}"


@dataclass(frozen=True)
class Protocol:
    """What a server speaks: where it is asked, and how it answers where that is not as OpenAI does."""

    base_path: str = "/v1"
    path: str = "/chat/completions"
    stream_type: str = "text/event-stream"
    whole: Callable[[Mapping[str, Any], Reply], Mapping[str, Any]] | None = None
    frames: Callable[[Mapping[str, Any], Reply], Iterable[bytes]] | None = None
    others: Mapping[str, Any] = field(default_factory=dict)


OPENAI = Protocol()


@dataclass(frozen=True)
class Recorded:
    """A request as it came in; header names in lower case, ``connection`` counts connections from 1."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    connection: int


class OpenAIServer:
    """The server, on a free port of the loopback, in a thread of its own."""

    protocol: ClassVar[Protocol] = OPENAI

    def __init__(
        self,
        reply: Reply | None = None,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        record: bool = True,
        by_model: Mapping[str, Reply] | None = None,
    ) -> None:
        """``by_model`` has the replies of models that do not give the default one."""
        self.default = self._first_default = reply or Reply()
        self._by_model = dict(by_model or {})
        self.requests: deque[Recorded] = deque(maxlen=MAX_RECORDED if record else 0)
        self.served = 0
        self.connections = 0
        self.most_at_once = 0
        self.port = port
        self._at_once = 0
        self._tls = tls
        self._script: deque[Reply] = deque()
        self._held: list[asyncio.Event] = []
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="openai-server", daemon=True)
        self._started = threading.Event()
        self._stopped: asyncio.Event | None = None

    @property
    def base_url(self) -> str:
        """What a client takes for its base URL."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}{self.protocol.base_path}"

    def script(self, *replies: Reply) -> None:
        """Replies to the next requests, one each; after them the default one."""
        self._script.extend(replies)

    def forget(self) -> None:
        """Drop what was scripted, let go what is held, and answer as at first."""
        self._script.clear()
        self.default = self._first_default
        self.release()

    def release(self) -> None:
        """Let every reply go that is held now."""
        self._loop.call_soon_threadsafe(self._release)

    def bodies(self) -> list[Any]:
        """The bodies of all requests so far, in order."""
        return [one.body for one in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10), "the server did not start"
        return self

    def __exit__(self, *exc: object) -> None:
        stopped = self._stopped
        if stopped is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(stopped.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(
            self._connected, "127.0.0.1", self.port, backlog=1024, ssl=self._tls
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopped.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        number = self.connections
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one_request(reader, writer, number):
                pass
        writer.close()

    def _release(self) -> None:
        while self._held:
            self._held.pop().set()

    async def _one_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        request = await _read_request(reader, number)
        self.requests.append(request)
        self.served += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            reply = self._script.popleft() if self._script else self._usual(request)
            if reply.held:
                self._held.append(asyncio.Event())
                await self._held[-1].wait()
            return await _answer(writer, request, reply, self.protocol)
        finally:
            self._at_once -= 1

    def _usual(self, request: Recorded) -> Reply:
        model = request.body.get("model") if isinstance(request.body, dict) else None
        return self._by_model.get(str(model), self.default)


async def _read_request(reader: asyncio.StreamReader, number: int) -> Recorded:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Recorded(method, path, headers, json.loads(body) if body else None, number)


async def _answer(writer: asyncio.StreamWriter, request: Recorded, reply: Reply, protocol: Protocol) -> bool:
    """Send the reply; whether the connection lives on."""
    reply = _as_asked(request, reply, protocol)
    if reply.delay_s:
        await asyncio.sleep(reply.delay_s)
    asked = request.body if isinstance(request.body, dict) else {}
    if reply.status == 200 and asked.get("stream") and reply.body is None:
        return await _answer_in_frames(writer, asked, reply, protocol)
    body = _whole_body(asked, reply, protocol)
    head = _head(reply, reply.content_type or "application/json", f"Content-Length: {len(body) + reply.lie}")
    if reply.cut_after is not None:
        body = body[: reply.cut_after]
    await _write(writer, head, reply.head_drip_s)
    await _write(writer, body, reply.drip_s)
    if reply.cut_after is not None or reply.lie:
        return False
    return reply.headers.get("Connection") != "close"


def _as_asked(request: Recorded, reply: Reply, protocol: Protocol) -> Reply:
    """The 404 and 400 of a server that does not know this path or a field of the request."""
    path = request.path.split("?")[0]
    if path in protocol.others:
        return replace(reply, body=_json(protocol.others[path]))
    if not path.endswith(protocol.path):
        return replace(reply, status=404, error={"message": f"no {request.path}", "code": "not_found"})
    refused = next((name for name in reply.refuses if name in (request.body or {})), None)
    if refused is None:
        return reply
    return replace(reply, status=400, error={"message": reply.refusal.format(field=refused), "code": None})


def _whole_body(asked: Mapping[str, Any], reply: Reply, protocol: Protocol) -> bytes:
    if reply.body is not None:
        return reply.body
    if protocol.whole is not None:
        return _json(protocol.whole(asked, reply))
    if reply.status != 200:
        return _json({"error": dict(reply.error or {"message": f"status {reply.status}", "type": "error"})})
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message["tool_calls"] = reply.tool_calls
    answer: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": asked.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
    }
    if reply.usage is not None:
        answer["usage"] = _usage(reply.usage)
    return _json(answer)


async def _answer_in_frames(
    writer: asyncio.StreamWriter, asked: Mapping[str, Any], reply: Reply, protocol: Protocol
) -> bool:
    kind = reply.content_type or protocol.stream_type
    await _write(writer, _head(reply, kind, "Transfer-Encoding: chunked"), reply.head_drip_s)
    frames = list(reply.frames if reply.frames is not None else (protocol.frames or _frames)(asked, reply))
    for frame in frames[: reply.cut_after]:
        if reply.drip_s:
            await asyncio.sleep(reply.drip_s)
        writer.write(b"%x\r\n%b\r\n" % (len(frame), frame))
        await writer.drain()
    if reply.cut_after is not None:
        return False
    await _write(writer, b"0\r\n\r\n", 0)
    return True


def _frames(asked: Mapping[str, Any], reply: Reply) -> Iterable[bytes]:
    pieces = reply.pieces if reply.pieces is not None else re.findall(r"\S+\s*|\s+", reply.text)
    yield _frame(asked, {"delta": {"role": "assistant", "content": ""}, "finish_reason": None})
    for piece in pieces:
        yield _frame(asked, {"delta": {"content": piece}, "finish_reason": None})
    if reply.finish_reason is not None:
        yield _frame(asked, {"delta": {}, "finish_reason": reply.finish_reason})
    if reply.usage is not None and (asked.get("stream_options") or {}).get("include_usage"):
        yield b"data: " + _json({"choices": [], "usage": _usage(reply.usage)}) + b"\n\n"
    if reply.done:
        yield b"data: [DONE]\n\n"


def _frame(asked: Mapping[str, Any], choice: Mapping[str, Any]) -> bytes:
    frame = {
        "object": "chat.completion.chunk",
        "model": asked.get("model"),
        "choices": [{"index": 0, **choice}],
    }
    return b"data: " + _json(frame) + b"\n\n"


def _usage(usage: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}


def _head(reply: Reply, content_type: str, length: str) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Status')}",
        f"Content-Type: {content_type}",
        length,
    ]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _write(writer: asyncio.StreamWriter, data: bytes, drip_s: float) -> None:
    """All at once, or byte by byte with a pause before each."""
    if not drip_s:
        writer.write(data)
        await writer.drain()
        return
    for byte in data:
        await asyncio.sleep(drip_s)
        writer.write(bytes([byte]))
        await writer.drain()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def main() -> None:
    """Serve until standard input ends, printing the base URL first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--delay-of", action="append", default=[], metavar="MODEL=SECONDS")
    parser.add_argument("--text", default=Reply.text)
    parser.add_argument("--status", type=int, default=200, help="of every answer")
    chosen = parser.parse_args()
    reply = Reply(chosen.text, delay_s=chosen.delay, status=chosen.status)
    slower = (pair.split("=") for pair in chosen.delay_of)
    by_model = {model: replace(reply, delay_s=float(seconds)) for model, seconds in slower}
    with OpenAIServer(reply, port=chosen.port, record=False, by_model=by_model) as server:
        sys.stdout.write(server.base_url + "\n")  # what the bench that starts it reads
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
