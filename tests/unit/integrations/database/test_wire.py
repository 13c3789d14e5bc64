from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import bson
import pytest

from integrations.database import wire


def reply(
    document: dict[str, object], *, response_to: int = wire.REQUEST_ID, operation: int = wire.OP_MSG
) -> bytes:
    body = b"\0\0\0\0\0" + bson.encode(document)
    return wire.HEADER.pack(wire.HEADER.size + len(body), 7, response_to, operation) + body


@contextlib.contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answers one connection with these bytes; what it was asked is in the list."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(1000))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join()


def test_the_question_is_a_ping_that_any_driver_could_have_sent() -> None:
    length, _, response_to, operation = wire.HEADER.unpack_from(wire.PING)
    flags_and_kind, document = wire.PING[16:21], wire.PING[21:]
    assert (length, response_to, operation) == (len(wire.PING), 0, 2013)
    assert flags_and_kind == b"\0\0\0\0\0"
    assert bson.decode(document) == {"ping": 1, "$db": "admin"}


@pytest.mark.parametrize("ok", [1, 1.0])
def test_a_server_that_says_ok_answers(ok: float) -> None:
    with server(reply({"more": "x", "ok": ok})) as (port, asked):
        assert wire.answers(port, 5)
    assert asked == [wire.PING]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        reply({"ok": 1})[:-3],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        reply({"ok": 0, "errmsg": "starting"}),
        reply({"ok": 1}, response_to=99),
        reply({"ok": 1}, operation=1),
    ],
    ids=["silence", "cut", "another protocol", "not ok", "another's answer", "another operation"],
)
def test_anything_else_is_no_answer(answer: bytes) -> None:
    with server(answer) as (port, _):
        assert not wire.answers(port, 5)


def test_a_port_that_nobody_listens_on_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not wire.answers(port, 5)


def test_a_server_that_accepts_and_stays_silent_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not wire.answers(listener.getsockname()[1], 0.05)
