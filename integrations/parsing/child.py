"""Reads files in a child process, with bounds on time, memory and the length of what comes out."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from pathlib import Path

from integrations.parsing.base import FORMATS, Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.protocol import Closed, Late, Message, WorkerSettings, document_from_message
from integrations.parsing.worker_process import WorkerProcess
from kit.errors import Unavailable
from kit.logging import get_logger
from models.documents import ParsedDocument

_ATTEMPTS = 2
"""A process can die of something else than the file (the kernel was out of memory): ask a second one."""

_log = get_logger("parsing")


class ChildParser:
    """A ``Parser`` whose work is done by at most ``workers`` processes, each kept for the next file.

    ``max_seconds`` bounds the reading of one file, ``max_memory_mb`` what it takes beyond what a process
    holds anyway; a process with nothing to do for ``idle_seconds`` ends. Any number of threads may call:
    they wait for a free process. No process is started before the first file comes.
    """

    def __init__(
        self,
        *,
        max_seconds: float = 120.0,
        max_memory_mb: int = 512,
        idle_seconds: float = 120.0,
        workers: int = 1,
        bounds: Bounds | None = None,
    ) -> None:
        self._max_seconds = max_seconds
        self._settings = WorkerSettings(
            os.getpid(), max_seconds, max_memory_mb, idle_seconds, bounds or Bounds()
        )
        self._free: queue.LifoQueue[WorkerProcess | None] = queue.LifoQueue()
        for _ in range(workers):
            self._free.put(None)
        self._lock = threading.Lock()
        self._started: set[WorkerProcess] = set()
        self._closed = False

    def parse(self, path: Path, file_format: str) -> ParsedDocument:
        """Read the file as one of ``FORMATS``; ``Unreadable`` says why it cannot be.

        ``FileNotFoundError`` when there is none; ``Unavailable`` when no process can be started, or this
        parser has been closed.
        """
        if file_format not in FORMATS:
            raise Unreadable(f"Files named .{file_format} are not read; these are: {', '.join(FORMATS)}.")
        answer = self._answer({"path": str(path.absolute()), "format": file_format})
        if "fault" in answer:
            _log.warning("document damaged", format=file_format, fault=answer["fault"])
        if "missing" in answer:
            raise FileNotFoundError(path)
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"])
        return document_from_message(answer)

    def close(self) -> None:
        """End every process; a reading under way ends with ``Unavailable``."""
        with self._lock:
            self._closed = True
            started = list(self._started)
        for worker in started:
            worker.kill()
        with contextlib.suppress(queue.Empty):
            while True:
                self._end(self._free.get_nowait())

    def _answer(self, request: Message) -> Message:
        """Ask a free process, and a fresh one if it dies of it."""
        for _ in range(_ATTEMPTS):
            worker = self._free.get()
            answer: Message | None = None
            try:
                if worker is None or not worker.is_alive:
                    self._end(worker)
                    worker = self._start()
                answer = worker.ask(request, self._max_seconds)
            except Closed:
                _log.warning("parsing process died", format=request["format"])
            except Late:
                raise Unreadable(
                    f"The file takes longer than {self._max_seconds:g} seconds to read: split it into several."
                ) from None
            finally:
                self._free.put(self._kept(worker, answer))
            if answer is not None:
                return answer
        raise Unreadable("The file brings down the program that reads it: it is damaged or far too large.")

    def _start(self) -> WorkerProcess:
        if self._closed:
            raise Unavailable("The server is stopping; the document is read after the next start.")
        worker = WorkerProcess(self._settings)
        with self._lock:
            self._started.add(worker)
        return worker

    def _kept(self, worker: WorkerProcess | None, answer: Message | None) -> WorkerProcess | None:
        """The process if it can read another file; else it is ended."""
        if answer is not None and not answer["last"] and not self._closed:
            return worker
        self._end(worker)
        return None

    def _end(self, worker: WorkerProcess | None) -> None:
        if worker is None:
            return
        worker.end()
        with self._lock:
            self._started.discard(worker)
