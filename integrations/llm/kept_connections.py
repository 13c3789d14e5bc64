"""Connections to one HTTP server, kept and used again, at as little work a request as it takes.

urllib3 makes the connections (names, TLS, certificates). What goes over them is written and read here: its own way of
a request, and http.client's, cost ten times as much processor time as the system takes to send and receive it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
import weakref
import zlib
from collections import deque
from collections.abc import Generator, Iterator
from typing import NoReturn

import httpx2
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection

from kit.workplaces import away

READ_SIZE = 65_536
MAX_HEAD_BYTES = 65_536
MAX_LINE_BYTES = 8_192
REST_WAIT_S = 0.02  # how long a body that is left early may take to end, and so keep its connection
NEAR, NEAR_S = 0.005, 0.01  # how much longer a step may take than is left, as a share of it or in seconds
AT_ONCE_S = 1.0  # a connection that ends so soon after a request was sent was closed before it came
_NO_BODY = frozenset({204, 304})


class KeptConnections:
    """Requests to one origin over at most ``size`` connections.

    Nothing is repeated, but what was sent over a kept connection at the moment at which its server closed it; no
    redirect is followed, no proxy used, no cookie kept. Certificates are verified against the
    system's, or as ``ssl_context`` says. An answer over ``max_bytes`` ends with an error; all are httpx2's.
    """

    def __init__(
        self, origin: httpx2.URL, *, size: int, max_bytes: int, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._host = origin.raw_host.decode("ascii")
        self._port = origin.port
        self._tls = (ssl_context or httpx2.create_ssl_context()) if origin.scheme == "https" else None
        self._max_bytes = max_bytes
        self._places = threading.BoundedSemaphore(size)
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _close_all, self._idle)

    def ask(self, request: bytes, *, brief_s: float, total_s: float) -> Answer:
        """Send the bytes of a request, and return once the head of the answer is there.

        ``brief_s`` bounds the wait for a free connection, and each step of making one; ``total_s`` bounds everything
        from the first byte sent to the last one read, so that a server that drips cannot outlast it.
        """
        with away():
            if not self._places.acquire(timeout=brief_s):
                raise httpx2.PoolTimeout("No connection is free.")
            try:
                while (connection := self._kept()) is not None:
                    with contextlib.suppress(_ClosedAtOnce):
                        return self._asked(connection, request, total_s)
                return self._asked(self._made(brief_s), request, total_s)
            except BaseException:
                self._places.release()
                raise

    def give_back(self, connection: _Connection, *, again: bool) -> None:
        """A connection is free: to be used ``again``, or to be closed."""
        if again:
            self._idle.append(connection)
        else:
            connection.close()
        self._places.release()

    def close(self) -> None:
        """Close every connection that is not in use."""
        _close_all(self._idle)

    def _asked(self, connection: _Connection, request: bytes, seconds: float) -> Answer:
        try:
            connection.begin(seconds)
            connection.send(request)
            return Answer(self, connection, self._max_bytes)
        except BaseException:
            connection.close()
            raise

    def _kept(self) -> _Connection | None:
        """The one used last, unless its server has closed it."""
        while self._idle:
            with contextlib.suppress(IndexError):  # another thread was quicker
                connection = self._idle.pop()
                if connection.is_quiet:
                    return connection
                connection.close()
        return None

    def _made(self, seconds: float) -> _Connection:
        made: HTTPConnection
        if self._tls is None:
            made = HTTPConnection(self._host, self._port, timeout=seconds)
        else:
            made = HTTPSConnection(self._host, self._port, timeout=seconds, ssl_context=self._tls)
        try:
            made.connect()
        except (failures.ConnectTimeoutError, TimeoutError) as error:
            raise httpx2.ConnectTimeout(type(error).__name__) from error
        except (failures.HTTPError, OSError) as error:
            raise httpx2.ConnectError(type(error).__name__) from error
        return _Connection(made)


class Answer:
    """A server's answer: its status, its headers by their names in lower case, and its body as it comes."""

    def __init__(self, pool: KeptConnections, connection: _Connection, max_bytes: int) -> None:
        self.status, self.headers, is_new = connection.head()
        self._pool = pool
        self._connection: _Connection | None = connection
        self._left = max_bytes
        self._keeps = _says(self.headers, is_new=is_new)
        self._pieces = self._decoded(self._body(connection))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._leave(again=self._keeps)
            raise
        except BaseException:
            self._leave(again=False)
            raise
        self._left -= len(piece)
        if self._left < 0:
            self._leave(again=False)
            raise httpx2.RemoteProtocolError("The answer is longer than is taken.")
        return piece

    def read(self) -> bytes:
        """The whole body, or what is left of it."""
        return b"".join(self)

    def close(self) -> None:
        """Give the connection back: to be used again only where nothing but the end of the body was left."""
        if self._connection is None:
            return
        self._connection.hurry(REST_WAIT_S)
        with contextlib.suppress(StopIteration, httpx2.TransportError):
            next(self)
        self._leave(again=False)

    def _leave(self, *, again: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection, again=again)

    def _body(self, connection: _Connection) -> Iterator[bytes]:
        if self.status in _NO_BODY:
            return iter(())
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return connection.chunks()
        announced = self.headers.get("content-length")
        if announced is None:
            self._keeps = False
            return connection.rest()
        if not (announced.isascii() and announced.isdigit()):
            _broken("The length of the answer is no number.")
        return connection.exactly(int(announced))

    def _decoded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        how = self.headers.get("content-encoding", "").strip().lower()
        if how in ("", "identity"):
            return pieces
        if how not in ("gzip", "x-gzip", "deflate"):
            _broken("The answer is packed in a way that was not asked for.")
        return _unpacked(pieces)


class _ClosedAtOnce(httpx2.ReadError):
    """The server closed the connection instead of reading the request: it had been idle for too long."""


class _Connection:
    """One connection, and what was received over it and not yet read."""

    def __init__(self, made: HTTPConnection) -> None:
        self._made = made  # kept: it closes its socket when it goes
        self._socket: socket.socket = made.sock
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._received = b""
        self._began = self._deadline = self._timeout = 0.0

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing came that nobody asked for."""
        return not self._received and not self._poll.poll(0)

    def begin(self, seconds: float) -> None:
        """Give the next request and its answer so long."""
        self._began = time.monotonic()
        self._deadline = self._began + seconds

    def hurry(self, seconds: float) -> None:
        """Bring the deadline forward to ``seconds`` from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def send(self, data: bytes) -> None:
        try:
            self._set_timeout()
            self._socket.sendall(data)
        except TimeoutError as error:
            raise httpx2.ReadTimeout("timed out") from error
        except OSError as error:
            raise self._gone(type(error).__name__) from error

    def head(self) -> tuple[int, dict[str, str], bool]:
        """The status, the headers by their names in lower case, and whether it is HTTP/1.1."""
        while True:
            first, *lines = self._head().split("\n")
            version, _, rest = first.partition(" ")
            status = rest[:3]
            if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdigit()):
                _broken("That is no answer of HTTP.")
            if not status.startswith("1"):
                return int(status), _fields(lines), version.rstrip() != "HTTP/1.0"

    def exactly(self, length: int) -> Generator[bytes]:
        """So many bytes."""
        while length:
            if not self._received:
                self._receive()
            piece, self._received = self._received[:length], self._received[length:]
            length -= len(piece)
            yield piece

    def chunks(self) -> Generator[bytes]:
        """What comes in chunks."""
        while True:
            size = self._line().partition(b";")[0].strip()
            if not size or size.strip(b"0123456789abcdefABCDEF"):
                _broken("The answer is cut into chunks that are none.")
            length = int(size, 16)
            if not length:
                break
            yield from self.exactly(length)
            if self._line():
                _broken("The answer is cut into chunks that are none.")
        while self._line():
            continue

    def rest(self) -> Generator[bytes]:
        """Everything until the server closes."""
        while True:
            if not self._received and not self._receive(may_end=True):
                return
            piece, self._received = self._received, b""
            yield piece

    def close(self) -> None:
        self._made.close()

    def _head(self) -> str:
        while True:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if not found:
                head, found, rest = self._received.partition(b"\n\n")
            if found:
                self._received = rest
                return head.decode("latin-1").replace("\r\n", "\n")
            if len(self._received) > MAX_HEAD_BYTES:
                _broken("The head of the answer is too long.")
            self._receive(beginning=True)

    def _line(self) -> bytes:
        while True:
            line, found, rest = self._received.partition(b"\n")
            if found:
                self._received = rest
                return line.removesuffix(b"\r")
            if len(self._received) > MAX_LINE_BYTES:
                _broken("A line of the answer is too long.")
            self._receive()

    def _receive(self, *, may_end: bool = False, beginning: bool = False) -> bytes:
        try:
            with away():
                self._set_timeout()
                data = self._socket.recv(READ_SIZE)
        except TimeoutError as error:
            raise httpx2.ReadTimeout("timed out") from error
        except OSError as error:
            why = type(error).__name__
            raise (self._gone(why) if beginning else httpx2.RemoteProtocolError(why)) from error
        if not data and not may_end:
            why = "The server closed the connection."
            raise self._gone(why) if beginning else httpx2.RemoteProtocolError(why)
        self._received += data
        return data

    def _gone(self, why: str) -> httpx2.ReadError:
        """The error for a connection that ends before the head of an answer is there."""
        at_once = not self._received and time.monotonic() < self._began + AT_ONCE_S
        return _ClosedAtOnce(why) if at_once else httpx2.ReadError(why)

    def _set_timeout(self) -> None:
        """Each step may take what is left, or a little more: to tell the system costs as much as to send."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        more = max(NEAR_S, left * NEAR)
        if not left <= self._timeout <= left + 2 * more:
            self._timeout = left + more
            self._socket.settimeout(self._timeout)


def _close_all(connections: deque[_Connection]) -> None:
    while connections:
        with contextlib.suppress(IndexError):  # another thread was quicker
            connections.pop().close()


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (" ", "\t"):  # goes on from the line before
            if name:
                fields[name] += f" {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower() if colon else ""
        if name and name not in fields:
            fields[name] = value.strip()
    return fields


def _says(headers: dict[str, str], *, is_new: bool) -> bool:
    """Whether the connection lives on after the answer."""
    said = headers.get("connection", "").lower()
    return "close" not in said if is_new else "keep-alive" in said


def _unpacked(pieces: Iterator[bytes]) -> Generator[bytes]:
    """In pieces of ``READ_SIZE`` at most, however much comes out of one."""
    unpack = zlib.decompressobj(wbits=47)  # gzip or zlib, whichever it is
    try:
        for piece in pieces:
            packed = piece
            while packed:
                yield unpack.decompress(packed, READ_SIZE)
                packed = unpack.unconsumed_tail
    except zlib.error:
        _broken("The answer cannot be unpacked.")


def _broken(why: str) -> NoReturn:
    raise httpx2.RemoteProtocolError(why)
