"""A server that answers requests with given bytes, whatever they are."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

CLOSED = b""  # in place of an answer: the connection is closed before anything is asked
LAST = b"until close"  # what ends so is the last on its connection


class Scripted:
    """Answers each request in turn; ``None`` is a connection that is closed once a request has come.

    ``connections`` counts them; ``closed`` is set when one was closed here.
    """

    def __init__(self, answers: Sequence[bytes | None]) -> None:
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.closed = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._answers.clear()
        with suppress(OSError), socket.create_connection(self._listener.getsockname()):
            pass  # it may still wait for one
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        while self._answers:
            with suppress(OSError), self._listener.accept()[0] as connection:
                self.connections += 1
                connection.settimeout(5)
                self._answer(connection)
            self.closed.set()

    def _answer(self, connection: socket.socket) -> None:
        while self._answers:
            if self._answers[0] == CLOSED:
                self._answers.pop(0)
                return
            if not _request(connection):
                return
            answer = self._answers.pop(0)
            if answer is None:
                return
            connection.sendall(answer)
            if answer.endswith(LAST):
                return


def _request(connection: socket.socket) -> bytes:
    """A whole request, or nothing."""
    data = b""
    while piece := connection.recv(65_536):
        data += piece
        head, found, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
        if found and len(body) >= (int(length[1]) if length else 0):
            return data
    return b""
