"""Chroma in a process of its own: while it writes, no thread of this one waits for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from integrations.vectorstores.base import Vectors
from kit.errors import Unavailable
from kit.logging import get_logger

_ROOT = Path(__file__).resolve().parents[2]
_MODULE = "integrations.vectorstores.chroma_process"
DATABASE = "chroma.sqlite3"  # the file by which a directory is known to hold something
START_WITHIN_S = 60.0
ANSWER_WITHIN_S = 120.0
STOP_WITHIN_S = 10.0
ANSWERS_STILL_S = 1.0
_ATTEMPTS = 2
# All that it learns of the server's environment: no key, no password, no address.
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_SET = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_log = get_logger("vectors")


class Gone(Exception):
    """The process has ended, or does not answer and was killed."""


class VectorProcess(Protocol):
    """A process that answers one question at a time."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...

    def ask(self, question: tuple[str, tuple[Any, ...]]) -> Any:
        """Its answer to ``(method, arguments)``; ``Unavailable`` with its reason, ``Gone`` when it died."""
        ...

    def end(self) -> None:
        """Hang up, and wait until it has ended."""
        ...


class ChildChroma:
    """A ``ReadableStore`` whose Chroma is a child process, the only one that opens ``directory``.

    Chroma lets no other thread of its process run for as long as a call takes, which for an addition is tens of
    milliseconds. One question is asked at a time, and whoever reads goes before whoever writes. A process that
    died is started again and asked once more: each call does the same when it is repeated.
    """

    def __init__(
        self,
        directory: Path,
        start: Callable[[Path], VectorProcess] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._start = start or _Process
        self._turn = _Turn()
        self._closed = False
        self._clock = clock
        self._answered_at = -ANSWERS_STILL_S - 1
        self._process: VectorProcess | None = self._start(directory)

    @property
    def pid(self) -> int:
        """The process's id, 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def readers_waiting(self) -> int:
        """How many wait to read."""
        return self._turn.readers_waiting

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        self._ask("add", collection, list(ids), vectors, reads=False)

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """At most ``limit`` pairs of id and cosine similarity, nearest first."""
        return list(self._ask("query", collection, vector, limit))

    def ids(self, collection: str) -> set[str]:
        """Every id in the collection."""
        return set(self._ask("ids", collection))

    def count(self, collection: str) -> int:
        """How many vectors a collection holds; the sentinel, if it is there, is one."""
        return int(self._ask("count", collection))

    def read(self, collection: str) -> tuple[list[str], Vectors]:
        """Every id of a collection, and the vectors in the same order."""
        ids, vectors = self._ask("read", collection)
        return ids, vectors

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Take ids out; ids that are not there are passed over."""
        self._ask("remove", collection, list(ids), reads=False)

    def drop(self, collection: str) -> None:
        """Remove the collection and whatever it left on disk."""
        self._ask("drop", collection, reads=False)

    def collections(self) -> set[str]:
        """The names of all collections."""
        return set(self._ask("collections"))

    def wake(self) -> None:
        """It runs from the beginning."""

    def ping(self) -> None:
        """Raise ``Unavailable`` when the process cannot be asked; what it answered a moment ago shows that it can."""
        if self._closed or self._clock() > self._answered_at + ANSWERS_STILL_S:
            self._ask("ping")

    def close(self) -> None:
        """Let the process finish what it does, and end it."""
        self._closed = True
        with self._turn.of(reads=True):
            self._end()

    def _ask(self, method: str, *arguments: Any, reads: bool = True) -> Any:
        with self._turn.of(reads=reads):
            for _ in range(_ATTEMPTS):
                try:
                    answer = self._running().ask((method, arguments))
                except Gone:
                    _log.warning("vector process died", asked=method)
                    self._end()
                else:
                    self._answered_at = self._clock()
                    return answer
        raise Unavailable("The vector index does not work: its process ends when it is asked.")

    def _running(self) -> VectorProcess:
        if self._closed:
            raise Unavailable("The server is stopping.")
        if self._process is None:
            self._process = self._start(self._directory)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


class _Process:
    """One process and this end of its socket; one thread at a time may ask. It is not waited for until then."""

    def __init__(self, directory: Path) -> None:
        ours, its = socket.socketpair()
        with its:
            command = [sys.executable, "-m", _MODULE, str(directory.absolute()), str(its.fileno())]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(its.fileno(),),
                    cwd=_ROOT,
                    env=_environment(),
                    start_new_session=True,
                )
            except OSError as problem:
                ours.close()
                raise Unavailable("The process that holds the vectors cannot be started.") from problem
        self._connection = Connection(ours.detach())
        self._is_up = False

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ask(self, question: tuple[str, tuple[Any, ...]]) -> Any:
        """What it answers; ``Unavailable`` with its reason, ``Gone`` when it died."""
        if not self._is_up:
            self._receive(START_WITHIN_S)
            self._is_up = True
        try:
            self._connection.send(question)
        except OSError as problem:
            raise Gone from problem
        return self._receive(ANSWER_WITHIN_S)

    def end(self) -> None:
        """Hang up, and wait until it has ended."""
        self._connection.close()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self, seconds: float) -> Any:
        try:
            if not self._connection.poll(seconds):
                self._process.kill()
                raise Gone
            went_well, answer = self._connection.recv()
        except (EOFError, OSError) as problem:
            raise Gone from problem
        if not went_well:
            raise Unavailable(answer)
        return answer


class _Turn:
    """Lets one thread in at a time, and who reads before who writes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self.readers_waiting = 0

    @contextmanager
    def of(self, *, reads: bool) -> Iterator[None]:
        with self._changed:
            self.readers_waiting += reads
            self._changed.wait_for(lambda: not self._taken and (reads or not self.readers_waiting))
            self.readers_waiting -= reads
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, **_SET, "PYTHONPATH": os.pathsep.join(paths)}
