"""The way to a server: whom it trusts, what it keeps, how answers end, and what is none."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from integrations.llm.transport import Answer, AnswerTooLong, NoAnswer, Transport, checked_url
from kit.workplaces import Workplaces
from tests.servers.openai_server import OpenAIServer, Reply
from tests.servers.scripted_server import CLOSED, Scripted
from tests.talk import Asking, wait_until

TARGET = "/v1/chat/completions"
OK = b"HTTP/1.1 200 OK\r\n"
GOOD = OK + b"Content-Length: 2\r\n\r\nok"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@contextmanager
def answering(*answers: bytes | None, max_bytes: int = 1 << 20) -> Iterator[tuple[Transport, Scripted]]:
    with Scripted(answers) as server:
        transport = made(server.url, max_bytes=max_bytes)
        yield transport, server
        transport.close()


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


def made(url: str, *, max_bytes: int = 1 << 20, ssl_context: ssl.SSLContext | None = None) -> Transport:
    return Transport(checked_url(url, "X"), calls=1, max_bytes=max_bytes, ssl_context=ssl_context)


def post(transport: Transport, total_s: float = 5) -> Answer:
    return transport.post(
        TARGET, b"{}", {"Authorization": "Bearer k"}, wait_s=1, connect_s=5, total_s=total_s
    )


def asked(transport: Transport, total_s: float = 5) -> bytes:
    return post(transport, total_s).read()


WHOLE = [
    (GOOD, b"ok"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length:2\r\n\r\nok", b"ok"),
    (OK.replace(b"\r", b"") + b"Content-Length: 2\n\nok", b"ok"),
    (CHUNKED + b"1;x=y\r\no\r\n1\r\nk\r\n0\r\nTrailer: x\r\n\r\n", b"ok"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    (OK + b"X-Long: a\r\n b\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    (OK + b"Content-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + gzip.compress(b"ok", mtime=0), b"ok"),
    (OK + b"Content-Encoding: deflate\r\nContent-Length: 10\r\n\r\n" + zlib.compress(b"ok"), b"ok"),
]


@pytest.mark.parametrize(("answer", "body"), WHOLE, ids=range(len(WHOLE)))
def test_a_whole_answer_is_read_and_its_connection_used_again(answer: bytes, body: bytes) -> None:
    with answering(answer, answer) as (transport, server):
        assert [asked(transport), asked(transport)] == [body, body]
        assert server.connections == 1


LAST = [
    OK + b"\r\nuntil close",
    OK + b"Connection: close\r\nContent-Length: 11\r\n\r\nuntil close",
    b"HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nuntil close",
]


@pytest.mark.parametrize("answer", LAST, ids=range(len(LAST)))
def test_after_an_answer_that_ends_its_connection_another_is_made(answer: bytes) -> None:
    with answering(answer, answer) as (transport, server):
        assert [asked(transport), asked(transport)] == [b"until close"] * 2
        assert server.connections == 2


@pytest.mark.parametrize("status", [b"101 Switching Protocols", b"103 Early Hints"])
def test_what_comes_after_a_first_word_is_never_the_answer_of_the_next_question(status: bytes) -> None:
    with answering(b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n", GOOD) as (transport, server):
        assert not post(transport).read()
        assert asked(transport) == b"ok"
        assert server.connections == 2


BOMB = gzip.compress(b"x" * 5_000_000)
BROKEN: list[tuple[bytes, type[HTTPError]]] = [
    (b"SSH-2.0-OpenSSH\r\n\r\n", ProtocolError),
    (b"HTTP/1.1 OK\r\n\r\n", ProtocolError),
    (OK + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\nok", InvalidHeader),
    (OK + b"Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\nok", DecodeError),
    (CHUNKED + b"\r\nok", ProtocolError),
    (CHUNKED + b"1\r\nokay\r\n", ProtocolError),
    (CHUNKED + b"1" * 70_000, ProtocolError),
    (OK + b"X: " + b"x" * 100_000, ProtocolError),
    (OK + b"X: x\r\n" * 200 + b"\r\n", ProtocolError),
    (OK + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000, AnswerTooLong),
    (OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB, AnswerTooLong),
    # What http.client takes for a body until the server closes, which this one does not.
    (OK + b"Content-Length: -1\r\n\r\n", ReadTimeoutError),
    (CHUNKED + b"-5\r\nok", ReadTimeoutError),
]


@pytest.mark.parametrize(("answer", "problem"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_answer_is_said_to_be_broken_and_its_connection_closed(
    answer: bytes, problem: type[HTTPError]
) -> None:
    with answering(answer, GOOD) as (transport, server):
        with pytest.raises(problem) as caught:
            asked(transport, 0.2 if problem is ReadTimeoutError else 5)
        assert type(caught.value) is problem
        assert asked(transport) == b"ok"
        # The bytes of what cannot be unpacked, or unpacks to too much, are all there: it is kept.
        assert server.connections == (1 if b"Encoding: gzip" in answer else 2)


def test_nothing_is_sent_twice_when_its_connection_breaks_and_the_next_request_gets_another() -> None:
    with answering(GOOD, None, GOOD) as (transport, server):
        assert asked(transport) == b"ok"
        with pytest.raises(NoAnswer):
            asked(transport)
        assert asked(transport) == b"ok"
        assert server.connections == 2


def test_a_kept_connection_that_its_server_closed_meanwhile_is_not_used() -> None:
    with answering(GOOD, CLOSED, GOOD) as (transport, server):
        assert asked(transport) == b"ok"
        assert server.closed.wait(5)
        assert asked(transport) == b"ok"
        assert server.connections == 2


def test_an_answer_that_is_left_early_keeps_its_connection_where_only_its_end_was_left() -> None:
    whole, half = CHUNKED + b"2\r\nok\r\n0\r\n\r\n", CHUNKED + b"2\r\nok\r\n"
    for answer, connections in ((whole, 1), (half, 2)):
        with answering(answer, GOOD) as (transport, server):
            left = post(transport)
            assert next(left) == b"ok"
            left.close()
            left.close()
            assert asked(transport) == b"ok"
            assert server.connections == connections


def test_who_waits_for_an_answer_lets_others_work(server: OpenAIServer) -> None:
    places = Workplaces(1, patience_s=60.0)
    server.script(Reply(held=True))
    transport = made(server.base_url)

    def ask() -> bytes:
        with places.taken():
            return asked(transport)

    asking = Asking(ask)
    wait_until(lambda: server.requests)
    with places.taken():
        server.release()
    assert b"chat.completion" in asking.result()
    transport.close()


def test_a_redirect_is_given_back_not_followed(server: OpenAIServer) -> None:
    with OpenAIServer() as other:
        transport = made(server.base_url)
        server.script(Reply(status=302, headers={"Location": other.base_url + "/chat/completions"}))
        answer = post(transport)
        assert answer.status == 302
        answer.close()
        assert not other.requests
        transport.close()


def test_cookies_of_one_answer_are_not_sent_with_the_next_request(server: OpenAIServer) -> None:
    transport = made(server.base_url)
    server.script(Reply(headers={"Set-Cookie": "caller=one; Path=/"}))
    asked(transport)
    asked(transport)
    assert "cookie" not in server.requests[1].headers
    transport.close()


def test_compressed_answers_are_bounded_by_what_they_unpack_to(server: OpenAIServer) -> None:
    server.default = Reply(body=BOMB, headers={"Content-Encoding": "gzip"})
    assert len(BOMB) < 10_000
    transport = made(server.base_url, max_bytes=6_000_000)
    assert len(asked(transport)) == 5_000_000
    transport.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_is_trusted_taken(
    tmp_path: Path,
) -> None:
    certificate, key = make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with OpenAIServer(tls=tls) as server:
        with pytest.raises(SSLError):
            asked(made(server.base_url))
        assert not server.requests
        trusting = ssl.create_default_context(cafile=str(certificate))
        with pytest.raises(SSLError):
            asked(made(server.base_url.replace("127.0.0.1", "localhost"), ssl_context=trusting))
        assert not server.requests
        connections = server.connections
        transport = made(server.base_url, ssl_context=trusting)
        for _ in range(2):
            assert post(transport).read()
        assert server.connections == connections + 1
        server.script(Reply(drip_s=0.02, text="x" * 500))
        with pytest.raises(ReadTimeoutError):
            asked(transport, 0.1)
        transport.close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "server.pem", folder / "server.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_file, key_file
