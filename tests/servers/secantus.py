"""SecantusDB, a second server that speaks MongoDB's protocol, as a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from integrations.database.wire import answers

PROGRAM = Path(sys.executable).with_name("secantusd-py")
READY_WITHIN_S = 30.0


class Secantus:
    """One server on one directory and one port; it can be stopped and started again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def start(self) -> None:
        options = {"--port": str(self.port), "--storage-path": str(self._directory), "--cache-size": "64M"}
        arguments = [part for pair in options.items() for part in pair]
        with (self._directory.parent / "secantus.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(PROGRAM), *arguments, "--log-level", "WARNING"], stdout=log, stderr=log
            )
        give_up = time.monotonic() + READY_WITHIN_S
        while not answers(self.port, 1.0):
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("SecantusDB does not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and let it write what it holds: it does not promise more."""
        if self._process is not None:
            self._process.terminate()
            self.kill(wait_s=10)

    def kill(self, *, wait_s: float = 0) -> None:
        """End it within so many seconds, whatever it holds."""
        if self._process is None:
            return
        try:
            self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Secantus]:
    """A server for as long as the block runs."""
    server = Secantus(directory)
    try:
        server.start()
        yield server
    finally:
        server.kill()
