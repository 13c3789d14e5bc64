"""A door in the running server for the operator's command line, which only the same user can open.

The server alone may open the vectors, so ``cli.py`` asks it. The door listens on loopback; who knocks must
know a key that lies in the data directory (mode 0600), proved by ``multiprocessing.connection``'s challenge.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from kit.crypto import load_or_make_secret
from kit.errors import AppError, Unavailable
from kit.logging import get_logger

PORT_FILE = "operator_door.json"
KEY_FILE = Path("secrets") / "operator_key"
Task = Callable[[dict[str, Any]], Any]
_log = get_logger("door")


class OperatorDoor:
    """Runs named tasks for the command line, one visitor at a time."""

    def __init__(self, data_dir: Path, tasks: Mapping[str, Task]) -> None:
        self._data_dir = data_dir
        self._tasks = dict(tasks)
        self._listener: Listener | None = None
        self._closed = False

    def open(self) -> None:
        """Listen, in a thread that does not keep the process alive."""
        key = load_or_make_secret(self._data_dir / KEY_FILE).encode()
        self._listener = Listener(("127.0.0.1", 0), authkey=key)
        port_file = self._data_dir / PORT_FILE
        port_file.write_text(json.dumps({"port": self._listener.address[1]}), encoding="ascii")
        threading.Thread(
            target=self._serve, args=(self._listener,), name="operator-door", daemon=True
        ).start()

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        if self._listener is not None:
            (self._data_dir / PORT_FILE).unlink(missing_ok=True)
            # A thread that waits in accept() does not notice that its socket is closed.
            with contextlib.suppress(OSError), socket.create_connection(self._listener.address, 1):
                self._listener.close()

    def _serve(self, listener: Listener) -> None:
        while not self._closed:
            try:
                with listener.accept() as visitor:
                    self._answer(visitor)
            except AuthenticationError:
                _log.warning("a visitor without the key was turned away")
            except (OSError, EOFError):
                continue  # it left early, or the door was closed

    def _answer(self, visitor: Connection) -> None:
        asked = json.loads(visitor.recv_bytes(1 << 20))
        try:
            answer: dict[str, Any] = {"result": self._tasks[asked["task"]](asked)}
        except AppError as problem:
            answer = {"error": problem.sentence}
        except Exception as problem:  # noqa: BLE001  # the thread's outermost place: the door stays open
            _log.error("task failed", task=str(asked.get("task")), exc_info=problem)
            answer = {"error": "The server could not do it; its log says why."}
        visitor.send_bytes(json.dumps(answer).encode())


def knock(data_dir: Path, task: str, **arguments: Any) -> Any:
    """What the running server answers; ``Unavailable`` when it cannot be asked or could not do it."""
    try:
        port = json.loads((data_dir / PORT_FILE).read_text(encoding="ascii"))["port"]
        key = (data_dir / KEY_FILE).read_text(encoding="ascii").strip().encode()
        with Client(("127.0.0.1", port), authkey=key) as server:
            server.send_bytes(json.dumps({"task": task, **arguments}).encode())
            answer = json.loads(server.recv_bytes())
    except (OSError, EOFError, ValueError, AuthenticationError) as problem:
        raise Unavailable("The running server cannot be asked.", code="door_closed") from problem
    if "error" in answer:
        raise Unavailable(answer["error"])
    return answer["result"]
