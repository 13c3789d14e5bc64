"""The process that owns a Chroma directory: answers its parent, one question after the other.

Run as a module (``-m integrations.vectorstores.chroma_process DIRECTORY DESCRIPTOR``), never imported by the
application. It lives as long as its parent keeps the other end of the socket: end of file is the order to stop, and
comes by itself when the parent is killed. Signals do not end it, as a service manager signals the whole group.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from integrations.database.lockfile import LockFile
from integrations.vectorstores.chroma_local import open_chroma
from kit.errors import Unavailable

LOCK_WAIT_S = 30.0  # for the process of a parent that was killed: it finishes what it is writing
ASKED = frozenset({"add", "query", "ids", "count", "read", "remove", "drop", "collections", "ping"})

Answer = tuple[bool, Any]


def main(directory: Path, connection: Connection) -> None:
    """Open the directory, say whether that went well, and answer until nobody asks any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = LockFile(directory / "process.lock")
    if not lock.acquire(LOCK_WAIT_S):
        connection.send((False, f"Another process holds {directory}."))
        return
    try:
        store = open_chroma(directory)
    except Unavailable as problem:
        connection.send((False, problem.sentence))
        return
    connection.send((True, None))
    serve(store, connection)
    store.close()
    os._exit(0)  # the interpreter takes half a second to end, in which nobody else could open the directory


def serve(store: Any, connection: Connection) -> None:
    """Answer each question ``(method, arguments)`` with whether it went well, and what came of it or why not."""
    try:
        while True:
            method, arguments = connection.recv()
            connection.send(_answer(store, method, arguments))
    except (EOFError, OSError):  # the parent is gone
        return


def _answer(store: Any, method: str, arguments: tuple[Any, ...]) -> Answer:
    if method not in ASKED:
        return False, f"The vector index knows no {method!r}."
    try:
        return True, getattr(store, method)(*arguments)
    except Unavailable as problem:
        return False, problem.sentence
    except BaseException as problem:  # noqa: BLE001  # a panic of Chroma's is none of Exception's
        return False, f"The vector index does not work: {type(problem).__name__}: {problem}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Connection(int(sys.argv[2])))
