"""The way to one HTTP server: urllib3's connections, kept and used again, bounded in time and bytes.

What is asked is bytes and headers that are ready, and errors are urllib3's: objects of a client's own for them cost
several times as much processor time as sending and receiving (docs/adr/0005-models.md).
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, ProtocolError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from kit.errors import SettingsError
from kit.workplaces import away

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_SIZE = 65_536
FITS = 65_536  # bytes that a system takes at once, whether or not the far end reads
REST_WAIT_S = 0.02  # how long a body that is left early may take to end, and so keep its connection
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class NoAnswer(ProtocolError):
    """The connection broke before the head of an answer was there."""


class AnswerTooLong(HTTPError):
    """More bytes came than are taken."""


class Transport:
    """Posts to the origin of ``url`` over at most ``calls`` connections.

    Nothing is repeated, no redirect followed, no proxy used, no cookie kept. Certificates are verified against the
    system's, or as ``ssl_context`` says. An answer over ``max_bytes``, unpacked, ends with an error.
    """

    def __init__(
        self, url: Url, *, calls: int, max_bytes: int, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._max_bytes = max_bytes
        self._pool: urllib3.HTTPConnectionPool
        if url.scheme == "https":
            context = ssl_context or ssl.create_default_context()
            self._pool = _HttpsPool(str(url.host), url.port, maxsize=calls, block=True, ssl_context=context)
        else:
            self._pool = _HttpPool(str(url.host), url.port, maxsize=calls, block=True)

    def post(
        self,
        target: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        wait_s: float,
        connect_s: float,
        total_s: float,
    ) -> Answer:
        """Send the request, and return once the head of the answer is there.

        ``wait_s`` bounds the wait for a free connection, ``connect_s`` each step of making one and of sending, and
        ``total_s`` everything from then to the last byte read, so that a server that drips cannot outlast it.
        """
        try:
            response = self._pool.urlopen(
                "POST",
                target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=connect_s, total=total_s),
                pool_timeout=wait_s,  # type: ignore[arg-type]  # said to be an int, goes to Queue.get
                preload_content=False,
            )
        except ProtocolError as error:
            if isinstance(error.args[-1], TimeoutError):
                raise ReadTimeoutError(self._pool, target, "The request was not taken in time.") from error
            if isinstance(error.args[-1], OSError):
                raise NoAnswer from error
            raise
        return Answer(response, self._max_bytes)

    def close(self) -> None:
        """Close every connection that is not in use; nothing is asked any more."""
        self._pool.close()


class Answer:
    """A server's answer: its status, its headers whatever their case, and its body as it comes.

    It is read to its end or closed: only then is its connection free for the next.
    """

    def __init__(self, response: BaseHTTPResponse, max_bytes: int) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._left = max_bytes

    @property
    def is_success(self) -> bool:
        """Whether the server did what it was asked."""
        return self.status // 100 == 2

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = self._response.read1(READ_SIZE)
        except BaseException:
            self._leave()
            raise
        self._left -= len(piece)
        if self._left < 0:
            self._leave()
            raise AnswerTooLong
        if not piece:  # urllib3 has the connection back
            raise StopIteration
        return piece

    def read(self) -> bytes:
        """The whole body, or what is left of it."""
        return b"".join(self)

    def close(self) -> None:
        """Give the connection back: to be used again only where nothing but the end of the body was left."""
        reader: _DeadlineReader | None = getattr(self._response.connection, "reader", None)
        if reader is None:
            return
        reader.hurry(REST_WAIT_S)
        with contextlib.suppress(StopIteration, HTTPError):
            next(self)
        self._leave()

    def _leave(self) -> None:
        """Close the connection, if it is not given back yet."""
        self._response.close()
        self._response.release_conn()


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, giving each single read only what is left until one deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = time.monotonic() + seconds
        self._is_new = True  # and the socket's own time-out is that of the deadline

    def hurry(self, seconds: float) -> None:
        """Bring the deadline forward to ``seconds`` from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)
        self._is_new = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        if not self._is_new:
            self._sock.settimeout(left)
        self._is_new = False
        with away():
            return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _timed_response(
    connection: _HttpConnection | _HttpsConnection, sock: socket.socket, **kwargs: Any
) -> http.client.HTTPResponse:
    """An answer that is read against the time-out its connection has when the request is sent.

    http.client gives every *single* read the whole time-out, so one byte a minute keeps it waiting
    for ever, in the head of an answer as in its body.
    """
    response = http.client.HTTPResponse(sock, **kwargs)
    connection.reader = _DeadlineReader(response.fp.detach(), sock, sock.gettimeout() or 0.0)
    response.fp = io.BufferedReader(connection.reader)
    return response


class _HttpConnection(HTTPConnection):
    """Sends head and body in one piece, and lets others work while it waits."""

    reader: _DeadlineReader | None = None
    response_class = _timed_response  # type: ignore[assignment]  # http.client only calls it
    _held: list[bytes] | None = None

    def connect(self) -> None:
        with away():
            super().connect()

    def request(self, *what: Any, **more: Any) -> None:
        held = self._held = []
        try:
            super().request(*what, **more)
        finally:
            self._held = None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        if self._held is not None:
            self._held.append(data)
        elif len(data) <= FITS:
            super().send(data)
        else:
            with away():
                super().send(data)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    """The same over TLS."""


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        with contextlib.nullcontext() if self.pool is None or self.pool.qsize() else away():
            return super()._get_conn(timeout)


class _HttpsPool(_HttpPool, urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def checked_url(text: str, setting: str, path: str = "") -> Url:
    """``text`` as a URL with ``path`` added to its own; ``SettingsError`` names the setting it is from."""
    try:
        url = parse_url(text.rstrip("/") + path)
    except LocationParseError:
        raise SettingsError(f"{setting} is not a URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError(f"{setting} must begin with http:// or https:// and name a server.")
    return url


def json_headers(api_key: str = "") -> dict[str, str]:
    """The head of a request that holds JSON, with the key where there is one."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "orquestra",
    }
    return {**headers, "Authorization": f"Bearer {api_key}"} if api_key else headers


def json_bytes(body: Mapping[str, Any]) -> bytes:
    """The body of such a request; half a character becomes a question mark."""
    return _JSON.encode(body).encode("utf-8", "replace")
