"""What the wire server refuses before the application sees it, in the same shape."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from bootstrap.installation import Installation
from routes.house import turn_paths
from routes.server import WebServer
from tests.talk import wait_until

ERROR = {"error", "message", "details", "request_id"}


@pytest.fixture(scope="module")
def port(app: Flask, installation: Installation) -> Iterator[int]:
    """The application on a port, uploads of 1 MB at most."""
    settings = replace(installation.house.settings, port=0, threads=8, max_upload_mb=1)
    server = WebServer(app, settings)
    serving = threading.Thread(target=server.run)
    serving.start()
    yield server.port
    server.stop()
    serving.join(30)
    assert not serving.is_alive()


def speak(port: int, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers (names in small letters) and the body, until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(sent)
        received = b""
        while True:
            part = line.recv(65536)
            if not part:
                break
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [one.split(": ", 1) for one in lines]
    return int(first.split()[1]), {name.lower(): value for name, value in headers}, body


CLOSE = b"Host: localhost\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET / HTTP/1.1 nonsense more\r\n" + CLOSE + b"\r\n", 400, "bad_request"),
        (b"GET /health HTTP/1.1\r\nHost: a\r\nbroken header line\r\n\r\n", 400, "bad_request"),
        # Not a byte more than waitress reads: it would hang up on the rest before we hear its answer.
        (b"GET /health HTTP/1.1\r\nX-Long: ".ljust(262_144, b"a"), 431, "bad_request"),
        (
            b"POST /auth/login HTTP/1.1\r\n" + CLOSE + b"Content-Length: 4000000\r\n\r\n",
            413,
            "too_large",
        ),
        (b"POST /auth/login HTTP/1.1\r\n" + CLOSE + b"Content-Length: -1\r\n\r\n", 400, "bad_request"),
        (b"POST /auth/login HTTP/1.1\r\n" + CLOSE + b"Content-Length: x\r\n\r\n", 400, "bad_request"),
        (
            b"POST /auth/login HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "bad_request",
        ),
        (
            b"POST /auth/login HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: gzip\r\n\r\n",
            501,
            "bad_request",
        ),
    ],
)
def test_a_request_that_is_none_is_refused_in_our_words(
    port: int, sent: bytes, status: int, code: str
) -> None:
    answered, headers, body = speak(port, sent)

    assert answered == status
    assert headers["content-type"] == "application/json"
    error = json.loads(body)
    assert error.keys() == ERROR
    assert error["error"] == code
    assert error["request_id"] == headers["x-request-id"]
    assert "server" not in headers


@pytest.mark.parametrize(
    "target",
    ["/%", "/%zz", "/%ff%fe", "/chats/get/%2e%2e%2f", "*", "http://elsewhere/health", "/\xc3\xa3"],
)
def test_an_odd_address_is_no_error_of_ours(port: int, target: str) -> None:
    request = f"GET {target} HTTP/1.1\r\n".encode("latin-1") + CLOSE + b"\r\n"

    answered, headers, _ = speak(port, request)

    assert answered in (200, 400, 401, 404)
    assert headers["content-type"] == "application/json"


def test_a_body_in_chunks_is_a_body(port: int) -> None:
    body = b'{"email": "a@example.com", "password": "wrong"}'
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = b"POST /auth/login HTTP/1.1\r\n" + CLOSE
    head += b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    answered, _, said = speak(port, head + chunks)

    assert (answered, json.loads(said)["error"]) == (401, "wrong_credentials")


def test_a_server_that_stops_answers_what_runs_and_asks_for_no_more(installation: Installation) -> None:
    settings = replace(installation.house.settings, port=0, threads=8)
    asked, may_answer = threading.Event(), threading.Event()
    slow = Flask("slow")

    @slow.get("/")
    def index() -> str:
        asked.set()
        assert may_answer.wait(10)
        return "at last"

    server = WebServer(slow, settings)
    serving = threading.Thread(target=server.run)
    serving.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(10)
        server.stop()
        wait_until(lambda: refuses(server.port))
        may_answer.set()
        received = b"".join(iter(lambda: line.recv(65536), b""))  # until it hangs up
    serving.join(10)
    assert not serving.is_alive()
    assert b"\r\nConnection: close\r\n" in received
    assert received.endswith(b"at last")


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except ConnectionRefusedError:
        return True
    return False


def test_turns_are_known_by_their_paths(app: Flask) -> None:
    assert {"/chats/enviarMensagemLLM", "/v1/chat/completions", "/api/v1/rag"} <= turn_paths(app)
    assert "/documents/add" not in turn_paths(app)
