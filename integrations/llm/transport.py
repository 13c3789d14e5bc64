"""The way to one HTTP server: urllib3's connections, kept and used again, bounded in time and bytes.

What is asked is bytes and headers that are ready, and errors are urllib3's: objects of a client's own around
them cost more processor time than sending and receiving (docs/adr/0005-models.md).
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
from typing import TYPE_CHECKING, Any, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    HTTPError,
    InvalidHeader,
    LocationParseError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Url, parse_url
from urllib3.util.ssl_match_hostname import CertificateError

from kit.errors import SettingsError
from kit.workplaces import away

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_SIZE = 65_536
FITS = 65_536  # bytes that a system takes at once, whether or not the far end reads
FINAL = 200  # what has a lower status is no answer yet
REST_WAIT_S = 0.02  # how long a body that is left early may take to end, and so keep its connection
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class NoAnswer(ProtocolError):
    """The connection broke before the head of an answer was there."""


class AnswerTooLong(HTTPError):
    """More bytes came than are taken."""


class Transport:
    """Posts to the origin of ``url`` over at most ``calls`` connections.

    Nothing is repeated, no redirect followed, no proxy used, no cookie kept. Certificates are verified against the
    system's, or as ``ssl_context`` says. An answer over ``max_bytes``, unpacked, ends with an error. Errors are
    urllib3's, or one of the two above.
    """

    def __init__(
        self, url: Url, *, calls: int, max_bytes: int, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._max_bytes = max_bytes
        self._pool: _HttpPool
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
        connection, answer = self._pool.take(wait_s), None
        try:
            raw = connection.ask(target, body, headers, step_s=connect_s, total_s=total_s)
            _check_length(raw)
            answer = Answer(raw, connection, self._pool, self._max_bytes)
        except _UNNAMED as problem:
            raise _named(problem, self._pool, target, in_head=True) from problem
        finally:
            if answer is None:
                self._pool.give_back(connection, keep=False)
        return answer

    def close(self) -> None:
        """Close every connection that is not in use; nothing is asked any more."""
        self._pool.close()


class Answer:
    """A server's answer: its status, its headers whatever their case, and its body as it comes.

    It is read to its end or closed: only then is its connection free for the next.
    """

    def __init__(
        self, raw: http.client.HTTPResponse, connection: _HttpConnection, pool: _HttpPool, max_bytes: int
    ) -> None:
        self.status = raw.status
        self.headers = cast("Mapping[str, str]", raw.headers)  # it can all that one can
        self._raw = raw
        self._body: Any = raw
        if _is_packed(raw):
            self._body = urllib3.HTTPResponse(
                raw, urllib3.HTTPHeaderDict(raw.headers.items()), preload_content=False
            )
        self._connection: _HttpConnection | None = connection
        self._pool = pool
        self._left = max_bytes

    @property
    def is_success(self) -> bool:
        """Whether the server did what it was asked."""
        return self.status // 100 == 2

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._connection is None:
            raise StopIteration
        piece = self._next_piece()
        self._left -= len(piece)
        if self._left < 0:
            self._leave(keep=self._raw.length == 0)
            raise AnswerTooLong
        if not piece:
            self._leave(keep=True)
            raise StopIteration
        return piece

    def read(self) -> bytes:
        """The whole body, or what is left of it."""
        return b"".join(self)

    def close(self) -> None:
        """Give the connection back: to be used again only where nothing but the end of the body was left."""
        if self._connection is not None and self._connection.reader is not None:
            self._connection.reader.hurry(REST_WAIT_S)
            with contextlib.suppress(StopIteration, HTTPError):
                next(self)
            self._leave(keep=False)

    def _next_piece(self) -> bytes:
        piece: bytes | None = None
        try:
            read: bytes = self._body.read1(READ_SIZE)
            self._check_end(read)
            piece = read
        except _UNNAMED as problem:
            raise _named(problem, self._pool, "") from problem
        finally:
            if piece is None:  # what cannot be unpacked may all be there
                self._leave(keep=self._raw.length == 0)
        return piece

    def _check_end(self, piece: bytes) -> None:
        if not piece and self._raw.length:
            raise http.client.IncompleteRead(piece, self._raw.length)

    def _leave(self, *, keep: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._raw.close()
            is_last = self.status >= FINAL  # else one more is on its way, and would be the next question's
            self._pool.give_back(connection, keep=keep and is_last and not self._raw.will_close)


def _check_length(raw: http.client.HTTPResponse) -> None:
    if len(set(raw.headers.get_all("Content-Length", ()))) > 1:
        raise InvalidHeader("The answer has two lengths.")


def _is_packed(raw: http.client.HTTPResponse) -> bool:
    return raw.headers.get("Content-Encoding", "identity") != "identity"


# What connecting, http.client and sockets raise, beside urllib3's own.
_UNNAMED = (OSError, http.client.HTTPException, CertificateError)


def _named(problem: Exception, pool: _HttpPool, target: str, *, in_head: bool = False) -> HTTPError:
    """The same as one of urllib3's errors."""
    match problem:
        case TimeoutError():
            return ReadTimeoutError(pool, target, "The server took too long.")
        case ssl.SSLError() | CertificateError():
            return SSLError(problem)
        case OSError() if in_head:  # http.client.RemoteDisconnected is one, too
            return NoAnswer("The connection broke.")
    return ProtocolError("The answer is broken.", problem)


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
    """Connects as urllib3 does, and speaks as http.client does.

    What urllib3 adds around a request and its answer costs as much processor time again as these two
    (docs/adr/0005-models.md).
    """

    reader: _DeadlineReader | None = None
    response_class = _timed_response  # type: ignore[assignment]  # http.client only calls it
    putrequest = http.client.HTTPConnection.putrequest
    putheader = http.client.HTTPConnection.putheader
    _held: list[bytes] | None = None

    def ask(
        self, target: str, body: bytes, headers: Mapping[str, str], *, step_s: float, total_s: float
    ) -> http.client.HTTPResponse:
        """Send a question and wait for the head of its answer.

        ``step_s`` bounds connecting and sending, ``total_s`` all until the last byte of the answer.
        """
        deadline = time.monotonic() + total_s
        self.timeout = step_s
        if self.sock is None:
            with away():
                self.connect()
        else:
            self.sock.settimeout(step_s)
        with contextlib.suppress(BrokenPipeError):  # who takes no more may have answered already
            self._send(target, body, headers)
        self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
        return http.client.HTTPConnection.getresponse(self)

    def _send(self, target: str, body: bytes, headers: Mapping[str, str]) -> None:
        held = self._held = []
        try:
            http.client.HTTPConnection.request(self, "POST", target, body, headers)
        finally:
            self._held = None
        whole = b"".join(held)
        with away() if len(whole) > FITS else contextlib.nullcontext():
            self.sock.sendall(whole)

    def send(self, data: Any) -> None:
        """Hold a piece for the rest: at each system call threads fight for the interpreter."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _HttpsConnection(_HttpConnection, HTTPSConnection):
    """The same over TLS."""


class _HttpPool(urllib3.HTTPConnectionPool):
    """urllib3's connections, taken and given back one by one."""

    ConnectionCls = _HttpConnection

    def take(self, wait_s: float) -> _HttpConnection:
        """One that is free, or a new one; ``EmptyPoolError`` where none comes free in time."""
        with contextlib.nullcontext() if self.pool is None or self.pool.qsize() else away():
            return cast("_HttpConnection", self._get_conn(wait_s))

    def give_back(self, connection: _HttpConnection, *, keep: bool) -> None:
        """It is free again; to be connected anew if it is not to be kept."""
        connection.reader = None
        if not keep:
            connection.close()
        self._put_conn(connection)


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
