"""``celery -A worker worker`` as a process of its own, with the settings of a test's application."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from kit.settings import PROJECT_ROOT, variable_names

STOPS_WITHIN_S = 20.0
COMMAND = [sys.executable, "-m", "celery", "-A", "worker", "worker"]  # as the script does, wherever it lies


class CeleryWorker:
    """One worker; its log is ``log``."""

    def __init__(self, log: Path, settings: Mapping[str, str], *options: str) -> None:
        self.log = log
        kept = {**os.environ, **dict.fromkeys((*variable_names(), "MODEL_NAME"), "")}
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [*COMMAND, *options],
                cwd=PROJECT_ROOT,
                env={**kept, **settings},
                stdout=stream,
                stderr=stream,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def exit_code(self, within_s: float) -> int:
        """How it ended by itself."""
        return self._process.wait(within_s)

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Let it do nothing at all for as long as the block runs."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """End it as a service manager does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOPS_WITHIN_S)

    def kill(self) -> None:
        """``kill -9``."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
