"""The server's side of one reading process: start it, ask it, end it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from integrations.parsing.protocol import Closed, Late, Message, WorkerSettings, receive, send
from kit.errors import Unavailable

_ROOT = Path(__file__).resolve().parents[2]
_MODULE = "integrations.parsing.worker"
_START_SECONDS = 60
_END_SECONDS = 10

# All that a reading process learns of the server's environment: no key, no password, no address.
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_SET = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


class WorkerProcess:
    """One reading process, in a session of its own so that Ctrl-C does not reach it.

    It is spoken to through two pipes beside its standard ones, on which libraries may say what they like.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        its_requests, self._requests = os.pipe()
        self._answers, its_answers = os.pipe()
        self._pipes: tuple[int, ...] = (self._requests, self._answers)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", _MODULE, settings.to_json(), str(its_requests), str(its_answers)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(its_requests, its_answers),
                cwd=_ROOT,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as problem:
            self._close_pipes()
            raise Unavailable("The process that reads documents cannot be started.") from problem
        finally:
            os.close(its_requests)
            os.close(its_answers)
        # A process that ended by itself, having had nothing to do, is not left behind as a zombie.
        threading.Thread(target=self._process.wait, name="reap-parsing-worker", daemon=True).start()
        self._await_ready()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, request: Message, seconds: float) -> Message:
        """Its answer; ``Late`` after so many seconds, ``Closed`` if it died. After either it must be ended."""
        send(self._requests, request)
        return receive(self._answers, seconds)

    def kill(self) -> None:
        """Kill it: it holds nothing that could be lost. Who waits for its answer gets ``Closed``."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> None:
        """Kill it and let go of its pipes; nobody may be asking it."""
        self.kill()
        self._process.wait(_END_SECONDS)
        self._close_pipes()

    def _close_pipes(self) -> None:
        for descriptor in self._pipes:
            os.close(descriptor)
        self._pipes = ()

    def _await_ready(self) -> None:
        try:
            receive(self._answers, _START_SECONDS)
        except (Closed, Late) as problem:
            self.end()
            raise Unavailable("The process that reads documents did not start.") from problem


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, **_SET, "PYTHONPATH": os.pathsep.join(paths)}
