"""The process that holds the embedded database: nx-27017 on a socket that its parent listens on.

Run as a script (``child.py DIRECTORY SOCKET``), never imported by the application. It lives as long as
its parent keeps the write end of the pipe that is its standard input: end of file is the order to stop,
and comes by itself when the parent is killed. Signals do not end it: a Ctrl-C or a service manager
signals the whole group, while the parent still needs its records to answer what is running.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import fcntl
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
import uuid
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, cast

from nx_27017.handler import NeoSQLiteHandler
from nx_27017.wire_protocol import (
    MAX_MESSAGE_SIZE_BYTES,
    OP_MSG,
    OP_QUERY,
    ResponseBuilder,
    WireProtocol,
    encode,
)

LOCK_WAIT_S = 10.0
LOG_BYTES = 1_000_000
FLUSH_EVERY_S = 1.0
STOP_WITHIN_S = 5.0
BACKLOG = 512
HEADER = struct.Struct("<iiii")  # length, request id, response to, kind
BODY_FOLLOWS = b"\0\0\0\0\0"  # no flags; one section of kind 0


class Handler(NeoSQLiteHandler):  # type: ignore[misc]  # nx_27017 carries no types
    """nx-27017's commands, without sessions: it keeps each of them for ever, and nothing here needs one.

    What is deleted is overwritten: a contact's words that are gone are gone from the file, too.
    """

    def handle_command(self, msg: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer a command; what would tell a client that there are sessions is left out."""
        request_id, answer = super().handle_command(msg)
        answer.pop("logicalSessionTimeoutMinutes", None)
        return request_id, answer

    def _open_db_conn(self, db_name: str) -> Any:
        connection = super()._open_db_conn(db_name)
        connection.db.execute("PRAGMA secure_delete = ON")
        connection.list_collection_names = _RememberedNames(connection)
        return connection


class _RememberedNames:
    """The names of a database's collections, read again when its schema has changed.

    nx-27017 asks for all of them before each insert and each search, which took a quarter of those.
    """

    def __init__(self, connection: Any) -> None:
        self._execute = connection.db.execute
        self._read = connection.list_collection_names
        self._known: tuple[int, list[str]] = (-1, [])

    def __call__(self) -> list[str]:
        (version,) = self._execute("PRAGMA schema_version").fetchone()
        if version != self._known[0]:
            self._known = (version, self._read())
        return list(self._known[1])


class Connection(asyncio.Protocol):
    """A client's connection: whole messages in, answers out.

    nx-27017's own hands each command to a thread, all threads to one lock, and copies each answer value
    by value: that costs a third of a small command's time, and half of a long answer's.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._id = uuid.uuid4().hex
        self._received = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._handler.increment_connections()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """It is gone; so are the cursors that it left open."""
        self._handler.decrement_connections()
        self._handler.close_streams_for_connection(self._id)

    def data_received(self, data: bytes) -> None:
        """Answer every message that is here as a whole; who sends what is no message is cut off."""
        if self._transport is None:
            return
        self._received += data
        while len(self._received) >= HEADER.size:
            length, _, _, kind = HEADER.unpack_from(self._received)
            if kind not in _ANSWERS or not HEADER.size <= length <= MAX_MESSAGE_SIZE_BYTES:
                self._transport.close()
                return
            if len(self._received) < length:
                return
            message = bytes(self._received[:length])
            del self._received[:length]
            self._transport.write(_ANSWERS[kind](self._handler, self._id, message))


def _answer_command(handler: Handler, connection_id: str, message: bytes) -> bytes:
    _, asked, _, _ = HEADER.unpack_from(message)
    try:
        command = OP_MSG.parse(message)
        command["_conn_id"] = connection_id
        parts = dict(command["sections"])
        insert = "insert" in parts["body"] or "payload_docs" in parts
        _, answer = (handler.handle_insert if insert else handler.handle_command)(command)
    except Exception as error:  # the outermost place: whatever a command does, its client gets an answer
        logging.getLogger("child").exception("a command failed")
        answer = {"ok": 0, "errmsg": str(error)}
    try:
        content: bytes = encode(answer)
    except Exception:  # noqa: BLE001  # ids of nx-27017's own making, which this converts; or it fails again
        reply: bytes = ResponseBuilder.build_op_msg_reply(0, asked, answer)
        return reply
    body = BODY_FOLLOWS + content
    return HEADER.pack(HEADER.size + len(body), 0, asked, WireProtocol.OP_MSG) + body


def _answer_query(handler: Handler, connection_id: str, message: bytes) -> bytes:
    """What a driver asks first of all, in the old form."""
    query = OP_QUERY.parse(message)
    query["_conn_id"] = connection_id
    asked = query["request_id"]
    request_id, documents = handler.handle_query(query)
    reply: bytes = ResponseBuilder.build_reply(request_id, asked, documents)
    return reply


_ANSWERS: dict[int, Callable[[Handler, str, bytes], bytes]] = {
    WireProtocol.OP_MSG: _answer_command,
    WireProtocol.OP_QUERY: _answer_query,
}


def main(directory: Path, descriptor: int) -> None:
    """Serve the databases in ``directory`` until standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    faulthandler.enable()
    lock = _only_one(directory)
    _log_to(directory / "nx.log")
    threading.Thread(target=_flush, args=(directory,), daemon=True).start()
    handler = Handler(data_dir=str(directory))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(handler, socket.socket(fileno=descriptor)))
    handler.close_all()
    os.close(lock)


async def _serve(handler: Handler, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    threading.Thread(target=_await_end_of_input, args=(loop, stop), daemon=True).start()

    server = await loop.create_server(lambda: Connection(handler), sock=listener, backlog=BACKLOG)
    await stop.wait()
    server.close()


def _only_one(directory: Path) -> int:
    """Hold the lock of the directory for as long as this process lives, and say who holds it."""
    lock = os.open(directory / "child.lock", os.O_RDWR | os.O_CREAT, 0o600)
    give_up = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > give_up:
                sys.exit(f"another process holds {directory}")
            time.sleep(0.02)
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _await_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 1):
        pass
    loop.call_soon_threadsafe(stop.set)
    time.sleep(STOP_WITHIN_S)
    os._exit(1)  # a command that does not end: what is acknowledged is in the journal already


def _flush(directory: Path) -> None:
    """Bring the journals to the disk every second.

    SQLite (``synchronous=NORMAL``) leaves that to the kernel's half minute: no kill of any process loses
    an acknowledged write, and with this a power cut loses those of the last second.
    """
    flushed: dict[Path, int] = {}
    while True:
        time.sleep(FLUSH_EVERY_S)
        for journal in directory.glob("*.db-wal"):
            try:
                changed = journal.stat().st_mtime_ns
                if flushed.get(journal) != changed:
                    _flush_file(journal)
                    flushed[journal] = changed
            except FileNotFoundError:
                flushed.pop(journal, None)
            except OSError:
                logging.getLogger("child").exception("%s cannot be flushed", journal.name)


def _flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _log_to(path: Path) -> None:
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, delay=True)
    logging.basicConfig(
        level=logging.WARNING, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415  # faster where it is installed

        return uvloop.new_event_loop
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
