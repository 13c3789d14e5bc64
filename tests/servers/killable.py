"""The application forked from a template: started in a fraction of the time, killed at a named moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kit.settings import PROJECT_ROOT
from tests.servers.application import Application, Process, command_environment


class Template:
    """The process that forks applications; they end when it does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.template"],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate(timeout=30)

    def ask(self, **asked: Any) -> dict[str, Any]:
        """What it answers."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return dict(json.loads(self._process.stdout.readline()))

    def command(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``python cli.py …``, as a process of its own, on the folders that an application in ``folder`` has."""
        with tempfile.TemporaryDirectory(dir=folder) as place:
            log = Path(place, "log")
            code = Forked(self, command_environment(folder), log, arguments).wait(60)
            said, wrong = Path(f"{log}.out").read_text(encoding="utf-8"), log.read_text(encoding="utf-8")
        return subprocess.CompletedProcess(arguments, code, said, wrong)


class Forked:
    """A ``Process`` that a template started: an application, or a command."""

    def __init__(
        self, template: Template, environment: Mapping[str, str], log: Path, command: Sequence[str] = ()
    ) -> None:
        self._template = template
        self._code: int | None = None
        started = template.ask(start=dict(environment), log=str(log), command=list(command) or None)
        self.pid: int = started["pid"]

    def poll(self) -> int | None:
        """Its exit code; ``None`` while it runs."""
        if self._code is None:
            self._code = self._template.ask(wait=self.pid)["code"]
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended."""
        give_up = time.monotonic() + (timeout if timeout is not None else 3600.0)
        while (code := self.poll()) is None:
            if time.monotonic() > give_up:
                raise subprocess.TimeoutExpired("the application", timeout or 0.0)
            time.sleep(0.005)
        return code

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """``kill -9``."""
        self.send_signal(signal.SIGKILL)


class Killable(Application):
    """An application that a template starts; ``moment`` names where the next one kills itself."""

    def __init__(self, template: Template, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, settings)
        self._template = template
        self._more: dict[str, str] = {}
        self.moment = ""

    def arm(self) -> None:
        """From now on the moment counts."""
        os.kill(self.pid, signal.SIGUSR1)

    def has_died(self, within_s: float) -> bool:
        """Whether it has killed itself by then."""
        assert self._process is not None
        try:
            return self._process.wait(within_s) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def dies_at_start(self, within_s: float) -> bool:
        """Start it with the moment counting from the first line on; whether it has died by then."""
        self._more = {"KILL_AT_START": "1"}
        try:
            self._process = self._launched(self._environment())
        finally:
            self._more = {}
        return self.has_died(within_s)

    def _launched(self, environment: Mapping[str, str]) -> Process:
        return Forked(self._template, {**environment, "KILL_AT": self.moment, **self._more}, self.log)
