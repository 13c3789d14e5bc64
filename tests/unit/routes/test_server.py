"""How many connections the web server takes, and how its answers leave."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask, Response, request
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from kit.settings import Settings
from kit.workplaces import Workplaces
from routes.house import EXTENSION, at_a_workplace
from routes.server import CONNECTIONS, DESCRIPTORS_BESIDE, WebServer, _Channel, room_for_connections


@pytest.mark.parametrize(
    ("descriptors", "connections"),
    [(256, 64), (1024, 524), (CONNECTIONS + DESCRIPTORS_BESIDE, CONNECTIONS), (1 << 20, CONNECTIONS)],
)
def test_connections_leave_descriptors_for_the_rest(descriptors: int, connections: int) -> None:
    assert room_for_connections(descriptors) == connections


BIG = 32 << 20


class Held:
    """A turn that keeps its place until it is let go."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def port(held: Held) -> Iterator[int]:
    """An application that answers in pieces, on a port, with one workplace."""
    app = Flask("pieces")
    app.extensions[EXTENSION] = SimpleNamespace(workplaces=Workplaces(1, patience_s=60.0))

    @app.get("/turn")
    @at_a_workplace
    def turn() -> Response:
        return Response(iter([b"x" * 65_536] * (BIG >> 16)) if "big" in request.args else ["turn"])

    @app.get("/short")
    def short() -> str:
        return "short"

    @app.get("/nothing")
    def nothing() -> tuple[str, int]:
        return "", 204

    @app.get("/stream")
    def stream() -> Response:
        return Response(iter(["one", "two"]))

    @app.get("/hold")
    @at_a_workplace
    def hold() -> str:
        held.began.set()
        assert held.may_end.wait(30)
        return "held"

    server = WebServer(app, replace(Settings.from_env({}), host="127.0.0.1", port=0, threads=4))
    serving = threading.Thread(target=server.run)
    serving.start()
    yield server.port
    server.stop()
    serving.join(30)


def test_head_and_body_of_a_short_answer_leave_in_one_piece(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        for _ in range(5):
            line.sendall(b"GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head, _, body = line.recv(65536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert body == b"short"


@pytest.mark.parametrize(
    ("path", "ends"), [("nothing", b"\r\n\r\n"), ("stream", b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")]
)
def test_every_other_answer_arrives_whole(port: int, path: str, ends: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"GET /%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
        received = b"".join(iter(lambda: line.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 20")
    assert received.endswith(ends)


def test_who_does_not_read_an_answer_holds_up_no_other(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(b"GET /turn?big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow.recv(10)
        for path in (b"/turn", b"/turn/"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                line.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path)
                assert b"".join(iter(lambda: line.recv(65536), b"")).startswith(b"HTTP/1.1 ")


def test_who_goes_away_while_the_rest_of_an_answer_waits_for_its_place_holds_up_nobody(
    port: int, held: Held
) -> None:
    address = ("127.0.0.1", port)
    with (
        socket.create_connection(address, timeout=10) as slow,
        socket.create_connection(address, timeout=10) as line,
        socket.create_connection(address, timeout=5) as other,
    ):
        slow.sendall(b"GET /turn?big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow.recv(10)
        line.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert held.began.wait(10)  # it has the one place
        slow.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while slow.recv(1 << 20):
                pass  # until who writes it needs a place to go on
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        slow.close()
        other.sendall(b"GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert other.recv(65536).endswith(b"short")
        held.may_end.set()
        assert line.recv(65536).endswith(b"held")


@pytest.fixture
def channel() -> Iterator[tuple[_Channel, socket.socket]]:
    """A connection that is to be sent "100 Continue", and its far end."""
    near, far = socket.socketpair()
    made = _Channel(SimpleNamespace(active_channels={}), near, ("", 0), Adjustments(), map={})
    made.request = HTTPRequestParser(made.adj)
    with far:
        yield made, far
    made.close()


def test_of_two_threads_that_send_what_waits_each_sends_its_own(
    channel: tuple[_Channel, socket.socket],
) -> None:
    one, far = channel
    main, usual = threading.Thread(target=one.handle_write), one.send

    def send(data: bytes, *, do_close: bool = True) -> int:
        if main.ident is None:
            main.start()
            main.join(0.05)
        sent: int = usual(data, do_close=do_close)
        return sent

    one.send = send
    one.send_continue()
    main.join(10)
    assert far.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert one.total_outbufs_len == 0


def test_a_thread_leaves_it_to_the_main_one_to_close_a_connection(
    channel: tuple[_Channel, socket.socket],
) -> None:
    one, far = channel
    far.close()
    thread = threading.Thread(target=one.send_continue)
    thread.start()
    thread.join(10)
    assert one.connected
    one.handle_write()
    assert not one.connected
