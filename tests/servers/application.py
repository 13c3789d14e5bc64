"""The whole application as a process of its own, on folders of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from kit.settings import PROJECT_ROOT, variable_names

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0


class Process(Protocol):
    """What is asked of a process, whoever started it; as ``subprocess.Popen`` has it."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class Application:
    """``python main.py`` on a free port, with data and documents in ``folder``; it can be started again."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._settings = dict(settings or {})
        self._process: Process | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Everything that it writes to standard error, over all its starts."""
        return self._folder / "server.log"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self._process = self._launched(self._environment())
        give_up = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                raise AssertionError(f"the application did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> int:
        """End it as a service manager does; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it without a chance to clean up."""
        return self._end(signal.SIGKILL)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and the JSON that comes back; underscores in names of headers become dashes."""
        sent = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if sent is not None:
            named["Content-Type"] = "application/json"
        asked = urllib.request.Request(self.url + path, data=sent, headers=named, method=method)  # noqa: S310  # loopback
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  # loopback
                return answer.status, _json(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, _json(refused.read())

    def _launched(self, environment: Mapping[str, str]) -> Process:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "main.py"], cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log
            )

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            return self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/health")[0] == 200
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        """The machine's, without settings of ours that somebody may have set there or in a ``.env``."""
        kept = {**os.environ, **dict.fromkeys((*variable_names(), "MODEL_NAME"), "")}
        own = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self._folder / "data"),
            "DOCUMENTS_DIR": str(self._folder / "documents"),
        }
        return kept | own | self._settings


def _json(content: bytes) -> Any:
    return json.loads(content) if content else None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python cli.py …`` on the folders that an application in ``folder`` has."""
    return subprocess.run(
        [sys.executable, "cli.py", *arguments],
        cwd=PROJECT_ROOT,
        env=command_environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def command_environment(folder: Path) -> dict[str, str]:
    """What a command is started with."""
    kept = {name: text for name, text in os.environ.items() if name not in variable_names()}
    return kept | {"DATA_DIR": str(folder / "data"), "DOCUMENTS_DIR": str(folder / "documents")}
