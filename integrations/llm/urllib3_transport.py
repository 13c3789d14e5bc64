"""An HTTP transport for httpx2 that runs on urllib3's connection pool.

The client's own pool walks through all its connections under one lock at every request and collapses
under many threads; ``bench/transport.py`` measures both (figures in docs/adr/0005-models.md).
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import httpx2
import urllib3
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from kit.workplaces import away

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_SIZE = 65_536
REST_WAIT_S = 0.02  # how long a body that is left early may take to end, and so keep its connection
DEFAULT_TIMEOUT_S = 600.0

# What describes the body as it was on the wire, and what would carry one caller's state to the next.
_DROPPED_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})

_Rows = tuple[tuple[type[failures.HTTPError], type[httpx2.TransportError]], ...]
# While the request is sent and the answer's head awaited; the first row that fits counts.
_OPENING: _Rows = (
    (failures.NewConnectionError, httpx2.ConnectError),
    (failures.ConnectTimeoutError, httpx2.ConnectTimeout),
    (failures.EmptyPoolError, httpx2.PoolTimeout),
    (failures.TimeoutError, httpx2.ReadTimeout),
    (failures.SSLError, httpx2.ConnectError),
    (failures.HTTPError, httpx2.ReadError),
)
# While the body comes: what breaks now has broken an answer.
_READING: _Rows = (
    (failures.TimeoutError, httpx2.ReadTimeout),
    (failures.ProtocolError, httpx2.RemoteProtocolError),
    (failures.DecodeError, httpx2.RemoteProtocolError),
    (failures.HTTPError, httpx2.ReadError),
)


class Urllib3Transport(httpx2.BaseTransport):
    """Requests to one origin over at most ``pool_size`` connections, which are kept and used again.

    Of a request's time-outs ``connect`` bounds each step of reaching the server, ``pool`` the wait for
    a connection, and ``read`` *everything* from the first byte sent to the last one read, so that a
    server that drips cannot outlast it. Nothing is repeated and no redirect followed; a request to
    another origin is refused before it is sent; a body over ``max_bytes`` ends with an error.
    Certificates are verified against the system's, or as ``ssl_context`` says.
    """

    def __init__(
        self, origin: httpx2.URL, *, pool_size: int, max_bytes: int, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._origin = _origin_of(origin)
        self._max_bytes = max_bytes
        self._pool = _make_pool(origin, pool_size, ssl_context)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request and return once the head of the answer is there."""
        if _origin_of(request.url) != self._origin:
            raise httpx2.UnsupportedProtocol("This client sends to one server alone.")
        try:
            response = self._open(request, request.extensions.get("timeout", {}))
        except failures.HTTPError as error:
            _raise_as(_OPENING, error)
        return httpx2.Response(
            response.status,
            headers=[(k, v) for k, v in response.headers.items() if k.lower() not in _DROPPED_HEADERS],
            stream=_Body(response, self._max_bytes),
            extensions={"http_version": b"HTTP/1.1"},
        )

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._pool.close()

    def _open(self, request: httpx2.Request, limits: Mapping[str, Any]) -> BaseHTTPResponse:
        with away():
            return self._pool.urlopen(
                request.method,
                request.url.raw_path.decode("ascii"),
                body=request.read(),
                headers=dict(request.headers.items()),
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=_seconds(limits, "connect"), total=_seconds(limits, "read")),
                pool_timeout=_seconds(limits, "pool"),  # type: ignore[arg-type]  # said to be an int, goes to Queue.get
                preload_content=False,
            )


class _Body(httpx2.SyncByteStream):
    """The body as it comes; leaving it early closes its connection, unless only its end was left."""

    def __init__(self, response: BaseHTTPResponse, max_bytes: int) -> None:
        self._response = response
        self._left = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        while data := self._read():
            self._left -= len(data)
            if self._left < 0:
                raise httpx2.RemoteProtocolError("The answer is longer than is taken.")
            yield data

    def close(self) -> None:
        """Give the connection back, for the next request or to be closed."""
        if self._response.connection is None:  # read to its end: urllib3 has it back already
            return
        if not self._ends_here():
            self._response.close()
        self._response.release_conn()

    def _read(self) -> bytes:
        try:
            return self._response.read1(READ_SIZE)
        except failures.HTTPError as error:
            _raise_as(_READING, error)

    def _ends_here(self) -> bool:
        """Whether nothing but the end is left: a streamed answer is left at its [DONE], just before."""
        reader: _DeadlineReader | None = getattr(self._response.connection, "reader", None)
        if self._left < 0 or reader is None:
            return False
        reader.hurry(REST_WAIT_S)
        try:
            return not self._response.read1(READ_SIZE)
        except failures.HTTPError:
            return False


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, giving each single read only what is left until one deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = time.monotonic() + seconds

    def hurry(self, seconds: float) -> None:
        """Bring the deadline forward to ``seconds`` from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
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
    seconds = sock.gettimeout() or DEFAULT_TIMEOUT_S
    connection.reader = _DeadlineReader(response.fp.detach(), sock, seconds)
    response.fp = io.BufferedReader(connection.reader)
    return response


class _HttpConnection(HTTPConnection):
    reader: _DeadlineReader | None = None
    response_class = _timed_response  # type: ignore[assignment]  # http.client only calls it


class _HttpsConnection(HTTPSConnection):
    reader: _DeadlineReader | None = None
    response_class = _timed_response  # type: ignore[assignment]  # http.client only calls it


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _make_pool(
    origin: httpx2.URL, size: int, ssl_context: ssl.SSLContext | None
) -> urllib3.HTTPConnectionPool:
    host, port = origin.raw_host.decode("ascii"), origin.port
    if origin.scheme == "https":
        context = ssl_context or httpx2.create_ssl_context()
        return _HttpsPool(host, port, maxsize=size, block=True, ssl_context=context)
    return _HttpPool(host, port, maxsize=size, block=True)


def _origin_of(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _seconds(limits: Mapping[str, Any], name: str) -> float:
    value = limits.get(name)
    return DEFAULT_TIMEOUT_S if value is None else max(float(value), 0.001)


def _raise_as(rows: _Rows, error: failures.HTTPError) -> NoReturn:
    kind = next(kind for fits, kind in rows if isinstance(error, fits))
    raise kind(type(error).__name__) from error
