"""Fetch what a user names from the web, and from nowhere else."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import BinaryIO
from urllib.parse import urljoin

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from integrations.outbound_addresses import PORTS, Allowed, address_in, may_reach
from kit.errors import Invalid, UpstreamFailed, UpstreamTimeout

LONGEST_URL = 2_000
_MOST_REDIRECTS = 5
_CONNECT_S, _READ_S = 5.0, 15.0
_BLOCK = 1 << 16
_AGENT = "Orquestra/0.1 (reads pages that its users name, posts to webhooks)"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FAILURES = (HTTPError, HTTPException, OSError, ValueError)


class NotFetched(Invalid):
    """What a URL names is not to be had: told to whoever named it, and not tried again by itself."""

    code = "not_fetched"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, details={"url": [sentence]})


@dataclass(frozen=True)
class Fetched:
    """A page under way: where it came from in the end, its type in small letters, its bytes as they come."""

    url: str
    media_type: str
    stream: BinaryIO


@dataclass(frozen=True)
class Posted:
    """What a receiver answered: its status, and how many seconds it asked to be left alone for."""

    status: int
    retry_after_s: float


class Outbound:
    """Requests to public addresses, and to the private ones in ``allowed``; within ``max_seconds`` in all."""

    def __init__(self, *, allowed: Allowed, max_seconds: float = 60.0) -> None:
        self._allowed = allowed
        self._max_seconds = max_seconds

    def check(self, url: str) -> str:
        """The URL in its plain form; ``NotFetched`` when it could never be asked for, whatever it resolves to."""
        parsed = self._parsed(url)
        usual = parsed.port == _DEFAULT_PORTS[str(parsed.scheme)]
        return parsed._replace(port=None if usual else parsed.port).url

    def check_address(self, url: str) -> None:
        """``NotFetched`` also for a URL that names a private address itself, where no name is to be resolved."""
        parsed = self._parsed(url)
        host = str(parsed.host).strip("[]")
        address = address_in(host)
        if address and not may_reach(host, int(parsed.port or 0), address, self._allowed):
            raise NotFetched("The address is a private one.")

    @contextmanager
    def get(self, url: str) -> Iterator[Fetched]:
        """What lies at ``url``, redirects followed.

        ``NotFetched`` says why it never will be; ``UpstreamFailed`` and ``UpstreamTimeout`` that it may later.
        """
        until = time.monotonic() + self._max_seconds
        for _ in range(_MOST_REDIRECTS + 1):
            parsed = self._parsed(url)
            with self._answered(parsed, until) as response:
                if not response.get_redirect_location():
                    yield _fetched(parsed, response, until)
                    return
                url = urljoin(parsed.url, str(response.headers["Location"]).strip())
        raise NotFetched("The address leads from one to the next without an end.")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Send ``body`` once, to this address alone: no redirect is followed, and of the answer no body is read.

        ``NotFetched``, ``UpstreamFailed`` and ``UpstreamTimeout`` as of ``get``, whatever status is answered.
        """
        until = time.monotonic() + self._max_seconds
        try:
            with self._answered(self._parsed(url), until, "POST", body, headers) as response:
                return Posted(response.status, _seconds(response.headers.get("Retry-After", "")))
        except UpstreamFailed:
            if time.monotonic() >= until:  # it was we who hung up
                raise UpstreamTimeout("The web server takes too long.") from None
            raise

    def _parsed(self, url: str) -> Url:
        if len(url) > LONGEST_URL or any(ord(one) < 33 or ord(one) == 127 for one in url):
            raise NotFetched("The address is too long, or holds spaces.")
        try:
            parsed = parse_url(url)
        except LocationParseError:
            raise NotFetched("This is no web address.") from None
        if parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
            raise NotFetched("A web address begins with http:// or https:// and names a host.")
        if parsed.auth is not None:
            raise NotFetched("An address with a name and a password in it is not fetched.")
        port = parsed.port if parsed.port is not None else _DEFAULT_PORTS[parsed.scheme]
        if port not in PORTS and not self._allowed.names(parsed.host, port) and not self._allowed.networks:
            raise NotFetched("Only the ports 80 and 443 are reached.")
        return parsed._replace(port=port, fragment=None)

    @contextmanager
    def _answered(
        self,
        url: Url,
        until: float,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[urllib3.HTTPResponse]:
        connection = self._connection(url)
        # A server that sends a byte now and then never runs into the time-out of one read.
        watch = threading.Timer(max(0.0, until - time.monotonic()), _hang_up, (connection,))
        watch.daemon = True
        watch.start()
        try:
            yield _asked(connection, url, method, body, headers or {})
        finally:
            watch.cancel()
            connection.close()

    def _connection(self, url: Url) -> HTTPConnection:
        host, port = str(url.host).strip("[]"), int(url.port or 0)
        timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
        if url.scheme == "http":
            return _Plain(self._allowed, host, port, timeout)
        return _Encrypted(self._allowed, host, port, timeout)


class _Guarded(HTTPConnection):
    """A connection that is made to the very address that was checked."""

    allowed: Allowed

    def _new_conn(self) -> socket.socket:
        return _connected(self.host, int(self.port or 0), self.allowed)


class _Plain(_Guarded):
    def __init__(self, allowed: Allowed, host: str, port: int, timeout: urllib3.Timeout) -> None:
        super().__init__(host, port, timeout=timeout.read_timeout)
        self.allowed = allowed


class _Encrypted(_Guarded, HTTPSConnection):
    def __init__(self, allowed: Allowed, host: str, port: int, timeout: urllib3.Timeout) -> None:
        HTTPSConnection.__init__(
            self, host, port, timeout=timeout.read_timeout, ssl_context=ssl.create_default_context()
        )
        self.allowed = allowed


class _Timed(io.RawIOBase):
    """The bytes of an answer; what breaks it off is named, as is the end of its time."""

    def __init__(self, response: urllib3.HTTPResponse, until: float) -> None:
        self._response = response
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        if time.monotonic() > self._until:
            raise UpstreamTimeout("The web server takes too long.")
        try:
            block = self._response.read1(min(len(buffer), _BLOCK))
        except _FAILURES as problem:
            raise _failure(problem) from problem
        buffer[: len(block)] = block
        return len(block)


def _connected(host: str, port: int, allowed: Allowed) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise UpstreamFailed(f"The host {host} is not known.") from problem
    within = [one for one in found if may_reach(host, port, str(one[4][0]), allowed)]
    if len(within) < len(found) or not found:
        raise NotFetched("The address leads into a private network, or to a port that is not reached.")
    refusals: list[OSError] = []
    for family, kind, protocol, _, address in within:
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(_CONNECT_S)
            made.connect(address)
        except OSError as refusal:
            made.close()
            refusals.append(refusal)
        else:
            made.settimeout(_READ_S)
            return made
    raise UpstreamFailed(f"The host {host} cannot be reached.") from refusals[0]


def _asked(
    connection: HTTPConnection, url: Url, method: str, body: bytes | None, more: Mapping[str, str]
) -> urllib3.HTTPResponse:
    headers = {"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    try:
        connection.request(
            method,
            url.request_uri,
            body=body,
            headers={**headers, **more},
            preload_content=False,
            decode_content=False,
        )
        return connection.getresponse()
    except _FAILURES as problem:
        raise _failure(problem) from problem


def _fetched(url: Url, response: urllib3.HTTPResponse, until: float) -> Fetched:
    status = response.status
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UpstreamFailed(f"The web server answers with an error ({status}).")
    if status != HTTPStatus.OK:
        raise NotFetched(f"The web server does not give this page ({status}).")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise NotFetched("The web server packs its pages, though it was asked not to.")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(url.url, media_type, io.BufferedReader(_Timed(response, until), _BLOCK))


def _seconds(text: str) -> float:
    """A Retry-After in seconds; a date, or what is neither, asks for nothing."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0


def _hang_up(connection: HTTPConnection) -> None:
    made = connection.sock
    if made is not None:
        try:
            made.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already


def _failure(problem: Exception) -> UpstreamFailed | UpstreamTimeout:
    if isinstance(problem, TimeoutError | urllib3.exceptions.TimeoutError):
        return UpstreamTimeout("The web server takes too long.")
    if isinstance(problem, ssl.SSLError):
        return UpstreamFailed("The web server's certificate is not good.")
    return UpstreamFailed("The web server broke off.")
