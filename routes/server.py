"""waitress with settings for long answers: it drains on SIGTERM, and says no in the one error shape."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask

from kit.errors import SettingsError
from kit.ids import new_id
from kit.logging import get_logger
from kit.settings import Settings
from kit.workplaces import away
from routes import openai_errors
from routes.house import EXTENSION, turn_paths
from routes.sockets import make_sockets
from routes.threads import Threads

CONNECTIONS = 2000
DESCRIPTORS_BESIDE = 500
BODY_BESIDE = 2 << 20
# Time for what is not a turn, beyond the time that a model may take.
DRAIN_BESIDE_S = 10.0
_CODES = {413: "too_large", 500: "internal_error"}
_MESSAGES = {413: "That is larger than this server takes: at most MAX_UPLOAD_MB in one request."}
_log = get_logger("server")


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]  # waitress ships no types
    """waitress' own refusals (broken requests, bodies over the bound) in the one error shape."""

    def execute(self) -> None:
        error, request_id = self.request.error, new_id()
        code, message = _CODES.get(error.code, "bad_request"), _MESSAGES.get(error.code, error.reason)
        body: dict[str, Any] = {
            "error": code,
            "message": message,
            "details": {},
            "request_id": request_id,
        }
        if openai_errors.applies(getattr(self.request, "path", "")):
            body = openai_errors.body(error.code, code, message, {})
        content = json.dumps(body).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [("Content-Type", "application/json"), ("X-Request-ID", request_id)]
        self.content_length = len(content)
        self.set_close_on_finish()
        self.write(content)


class _Task(WSGITask):  # type: ignore[misc]  # waitress ships no types
    """An answer; one that a server gives while it stops is the last of its connection."""

    def write(self, data: bytes) -> None:
        if self.wrote_header:
            super().write(data)
            return
        with self.channel.at_once():  # the head and the first of the body
            super().write(data)

    def build_response_header(self) -> bytes:
        if not self.channel.server.accepting:
            self.set_close_on_finish()  # or who asks without rest would never let a server end that drains
        head: bytes = super().build_response_header()
        return head


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress ships no types
    task_class = _Task
    error_task_class = _JsonErrorTask

    def __init__(self, server: TcpWSGIServer, *rest: Any, **more: Any) -> None:
        super().__init__(_ServerOfChannel(server, self), *rest, **more)
        self._held: list[bytes] | None = None
        self._main = threading.get_ident()

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Send what is written meanwhile in one piece: half the system calls of a short answer."""
        held = self._held = []
        try:
            yield
        finally:
            self._held = None
        if held:
            self.write_soon(b"".join(held))

    def write_soon(self, data: Any) -> int:
        """Have it sent, or held for the rest."""
        if self._held is None:
            self._flush_outbufs_below_high_watermark()  # before the lock that the main thread may need
            sent: int = super().write_soon(data)
            return sent
        self._held.append(data)
        return len(data)

    def _flush_outbufs_below_high_watermark(self) -> None:
        with away() if self.total_outbufs_len > self.adj.outbuf_high_watermark else contextlib.nullcontext():
            super()._flush_outbufs_below_high_watermark()

    def _flush_some(self, do_close: bool = True) -> bool:  # noqa: FBT001, FBT002  # waitress'
        # A thread that sends "100 Continue" and the main one would send the same twice; and the main one, which
        # may be going through all connections, is alone in closing them.
        with self.outbuf_lock:
            return bool(super()._flush_some(do_close=do_close and threading.get_ident() == self._main))


class _ServerOfChannel:
    """The server as one of its connections sees it: when that one wakes the server, it is known which did."""

    def __init__(self, server: TcpWSGIServer, channel: _Channel) -> None:
        self._server = server
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def pull_trigger(self) -> None:
        """Have the connection looked at again."""
        if not self._server._map.changed(self._channel._fileno):  # noqa: SLF001  # waitress keeps both to itself
            self._server.pull_trigger()


class WebServer:
    """waitress, run round by round, so that it can stop listening and yet go on answering."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        connections = room_for_connections(_raise_descriptor_limit())
        if connections < CONNECTIONS:
            _log.warning("few descriptors", connections=connections, wanted=CONNECTIONS + DESCRIPTORS_BESIDE)
        self._sockets = make_sockets()
        self._threads = _threads(app, settings.threads)
        self._main = create_server(
            app,
            map=self._sockets,
            host=settings.host,
            port=settings.port,
            _dispatcher=self._threads,
            connection_limit=connections,
            backlog=1024,
            channel_timeout=settings.llm_timeout_s + 60,
            # A larger body is refused before it is written to a temporary file. The form around the file
            # has room beside it: what is a little too large gets its sentence from the application.
            max_request_body_size=(settings.max_upload_mb << 20) + BODY_BESIDE,
            ident=None,
            clear_untrusted_proxy_headers=False,
        )
        self._listeners = [one for one in self._sockets.values() if isinstance(one, TcpWSGIServer)]
        for listener in self._listeners:
            listener.channel_class = _Channel
        self._drain_s = settings.llm_timeout_s + DRAIN_BESIDE_S
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """The port listened on; the one chosen when the setting is 0."""
        return int(self._listeners[0].effective_port)

    def stop(self) -> None:
        """Have ``run`` end; safe in a signal handler and in any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until ``stop``, then take no more connections and serve on until the last answer is out."""
        while not self._stopping.is_set():
            self._sockets.round(0.5)
            self._threads.hurry()
        for listener in self._listeners:
            listener.accepting = False
            listener.del_channel(self._sockets)
            listener.socket.close()
        deadline = time.monotonic() + self._drain_s
        while self._busy() and time.monotonic() < deadline:
            self._sockets.round(0.05)
            self._threads.hurry()
        _log.info("drained", left=self._busy())
        self._threads.shutdown(timeout=1)
        wasyncore.close_all(self._sockets)

    def _busy(self) -> int:
        """Connections with a request under way or an answer not yet sent."""
        channels = [one for one in list(self._sockets.values()) if isinstance(one, HTTPChannel)]
        return sum(1 for one in channels if one.requests or one.total_outbufs_len > 0)


def _threads(app: Flask, most: int) -> Threads:
    """Threads of which those that have a turn to answer hold one of the application's workplaces."""
    if EXTENSION not in app.extensions:
        return Threads(most)
    paths = turn_paths(app)

    def has_turn(channel: _Channel) -> bool:
        return getattr(channel.requests[0], "path", "").rstrip("/") in paths

    return Threads(most, app.extensions[EXTENSION].workplaces, has_turn)


def serve(app: Flask, settings: Settings, when_up: Callable[[int], None] = lambda _port: None) -> None:
    """Serve until SIGTERM or Ctrl-C, and then until what is running is answered.

    ``when_up`` is called with the port once connections are taken. ``SettingsError`` when it cannot listen.
    """
    try:
        server = WebServer(app, settings)
    except OSError as problem:
        raise SettingsError(
            f"HOST, PORT: {settings.host}:{settings.port} cannot be listened on ({problem.strerror})."
        ) from None
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: server.stop())
    _log.info("listening", host=settings.host, port=server.port)
    when_up(server.port)
    server.run()


def room_for_connections(descriptors: int) -> int:
    """How many are taken at once, so that files, models and the database have their descriptors too.

    Where none is left, a connection that cannot be taken is tried again, and logged, without a pause.
    """
    return min(CONNECTIONS, max(descriptors // 4, descriptors - DESCRIPTORS_BESIDE))


def _raise_descriptor_limit() -> int:
    """Room for all connections beside the rest, as far as the system lets us; how many descriptors there are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + DESCRIPTORS_BESIDE
    if 0 <= soft < wanted:
        soft = min(wanted, hard) if hard > 0 else wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft < 0 else soft
