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
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from nx_27017.handler import NeoSQLiteHandler
from nx_27017.server import handle_client

LOCK_WAIT_S = 10.0
LOG_BYTES = 1_000_000
FLUSH_EVERY_S = 1.0
STOP_WITHIN_S = 5.0
BACKLOG = 512


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
        return connection


class AtOnce(ThreadPoolExecutor):
    """Runs what it is given where it stands.

    nx-27017 hands each command to a thread, and all threads to one lock: the detour alone costs a
    fifth of the operations a second.
    """

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done already."""
        done: Future[Any] = Future()
        try:
            done.set_result(function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # the caller finds it in the future, as with a thread
            done.set_exception(error)
        return done


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
    loop.set_default_executor(AtOnce(max_workers=1))
    stop = asyncio.Event()
    threading.Thread(target=_await_end_of_input, args=(loop, stop), daemon=True).start()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handle_client(reader, writer, handler)

    server = await asyncio.start_server(client, sock=listener, backlog=BACKLOG)
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
