"""What goes over a kept connection: how answers end, what is refused, when a connection is used again."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from integrations.llm.kept_connections import KeptConnections
from tests.servers.openai_server import OpenAIServer
from tests.unit.integrations.llm.test_urllib3_transport import make_certificate

ASKED = b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


class Scripted:
    """A server that answers each request with bytes, ``None`` being a closed connection."""

    def __init__(self, answers: Sequence[bytes | None]) -> None:
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while self._answers:
            with suppress(OSError), self._listener.accept()[0] as connection:
                self.connections += 1
                connection.settimeout(5)
                while self._answers and connection.recv(65_536):
                    answer = self._answers.pop(0)
                    if answer is None:
                        break
                    connection.sendall(answer)
                    if b"\r\n\r\nuntil close" in answer:
                        break

    def close(self) -> None:
        self._listener.close()


@contextmanager
def answering(*answers: bytes | None, max_bytes: int = 1 << 20) -> Iterator[tuple[KeptConnections, Scripted]]:
    server = Scripted(answers)
    server.thread.start()
    pool = KeptConnections(httpx2.URL(f"http://127.0.0.1:{server.port}/v1"), size=1, max_bytes=max_bytes)
    try:
        yield pool, server
    finally:
        pool.close()
        server.thread.join(10)
        server.close()


def asked(pool: KeptConnections) -> bytes:
    return pool.ask(ASKED, brief_s=5, total_s=5).read()


WHOLE = [
    (OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length:2\r\n\r\nok", b"ok"),
    (OK.replace(b"\r", b"") + b"Content-Length: 2\n\nok", b"ok"),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nTrailer: x\r\n\r\n", b"ok"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    (OK + b"X-Long: a\r\n b\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nok", b"ok"),
    (OK + b"Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + gzip.compress(b"ok", mtime=0), b"ok"),
    (OK + b"Content-Encoding: deflate\r\nContent-Length: 10\r\n\r\n" + zlib.compress(b"ok"), b"ok"),
]


@pytest.mark.parametrize(("answer", "body"), WHOLE, ids=range(len(WHOLE)))
def test_a_whole_answer_is_read_and_its_connection_used_again(answer: bytes, body: bytes) -> None:
    with answering(answer, answer) as (pool, server):
        assert [asked(pool), asked(pool)] == [body, body]
        assert server.connections == 1


LAST = [
    OK + b"\r\nuntil close",
    OK + b"Connection: close\r\nContent-Length: 11\r\n\r\nuntil close",
    b"HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nuntil close",
]


@pytest.mark.parametrize("answer", LAST, ids=range(len(LAST)))
def test_after_an_answer_that_ends_its_connection_another_is_made(answer: bytes) -> None:
    with answering(answer, answer) as (pool, server):
        assert [asked(pool), asked(pool)] == [b"until close"] * 2
        assert server.connections == 2


BROKEN = [
    b"SSH-2.0-OpenSSH\r\n\r\n",
    b"HTTP/1.1 OK\r\n\r\n",
    OK + b"Content-Length: -1\r\n\r\n",
    OK + b"Content-Length: 2\r\nContent-Encoding: br\r\n\r\nok",
    OK + b"Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\nok",
    OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nok",
    OK + b"Transfer-Encoding: chunked\r\n\r\n\r\nok",
    OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nokay\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 10_000,
    OK + b"X: " + b"x" * 100_000,
    OK + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000,
    OK
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n"
    % len(gzip.compress(b"x" * 5_000_000))
    + gzip.compress(b"x" * 5_000_000),
]


@pytest.mark.parametrize("answer", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_answer_is_said_to_be_broken_and_its_connection_closed(answer: bytes) -> None:
    good = OK + b"Content-Length: 2\r\n\r\nok"
    with answering(answer, good) as (pool, server):
        with pytest.raises(httpx2.RemoteProtocolError):
            asked(pool)
        assert asked(pool) == b"ok"
        assert server.connections == 2


def test_what_a_kept_connection_was_closed_for_is_sent_over_another_but_never_twice_over_new_ones() -> None:
    good = OK + b"Content-Length: 2\r\n\r\nok"
    with answering(good, None, good) as (pool, server):
        assert [asked(pool), asked(pool)] == [b"ok", b"ok"]
        assert server.connections == 2
    with answering(None) as (pool, _), pytest.raises(httpx2.ReadError):
        asked(pool)


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_is_trusted_taken(
    tmp_path: Path,
) -> None:
    certificate, key = make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with OpenAIServer(tls=tls) as server:
        url = httpx2.URL(server.base_url)
        with pytest.raises(httpx2.ConnectError):
            asked(KeptConnections(url, size=1, max_bytes=1000))
        assert not server.requests
        trusting = ssl.create_default_context(cafile=str(certificate))
        pool = KeptConnections(url, size=1, max_bytes=1000, ssl_context=trusting)
        for _ in range(2):
            assert b"no /v1/x" in asked(pool)
        assert server.connections == 1
        misnamed = KeptConnections(
            url.copy_with(host="localhost"), size=1, max_bytes=1000, ssl_context=trusting
        )
        with pytest.raises(httpx2.ConnectError):
            asked(misnamed)
        pool.close()
