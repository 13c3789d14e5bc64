"""One JSON line an event, on standard error; never a message's text, never a secret."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import sys
import threading
import time
import traceback
from collections import deque
from typing import TextIO

import structlog

# Made once: ``json.dumps`` makes one each time. What is no JSON is written as it is shown to programmers.
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Of lines that nobody reads any more, the oldest go.
MOST_WAITING = 50_000
TOGETHER_S = 0.05


def configure(level: str, *, together: bool = False) -> None:
    """Send structlog and the standard library's records to standard error as JSON lines.

    ``together`` is for servers: what is no warning may be written ``TOGETHER_S`` late, with what came meanwhile.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _frames_only,
    ]
    lines = Lines(sys.stderr)
    if together:
        lines.write_together()
        atexit.register(lines.flush)
    structlog.configure(
        processors=[*shared, _rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _rendered,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak only when something is wrong: their INFO lines carry URLs and bodies.
    root.setLevel(max(logging.WARNING, logging.getLevelName(level)))


class Lines:
    """Writes lines, and lets no thread wait for another one that writes: that one takes the line along.

    A full disk, or a pipe whose reader is gone, loses lines and no request. Each write lets go of the interpreter,
    and to have it back is a fight: so a server writes only warnings and worse at once, the rest together.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._writing = threading.Lock()
        self._due: threading.Event | None = None

    def write_together(self) -> None:
        """From now on a thread writes what is no warning, a moment later."""
        self._due = threading.Event()
        threading.Thread(target=self._write_when_due, args=(self._due,), name="log", daemon=True).start()

    def __call__(self, *_names: object) -> Lines:
        """One for all loggers."""
        return self

    def msg(self, line: str) -> None:
        """Write a line; at once, or with those that are being written."""
        self._waiting.append(line)
        self._write()

    def soon(self, line: str) -> None:
        """Write a line with those of the moment."""
        self._waiting.append(line)
        if self._due is None:
            self._write()
        elif not self._due.is_set():
            self._due.set()

    log = warn = warning = error = err = critical = fatal = exception = failure = msg
    debug = info = soon

    def flush(self, most_s: float = 1.0) -> None:
        """Write all that waits, after whoever is writing now; for the end."""
        if self._writing.acquire(timeout=most_s):
            self._writing.release()
        self._write()

    def _write_when_due(self, due: threading.Event) -> None:
        while due.wait():
            time.sleep(TOGETHER_S)
            due.clear()
            self._write()

    def _write(self) -> None:
        # Looked at again after each release: who found it taken has left its line before that.
        while self._waiting and self._writing.acquire(blocking=False):
            try:
                with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed
                    self._file.write(self._taken())
                    self._file.flush()
            finally:
                self._writing.release()

    def _taken(self) -> str:
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        return "".join(f"{line}\n" for line in lines)


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines carry ``component: name``."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=name)
    return logger


def _rendered(_logger: object, _method: str, event: structlog.types.EventDict) -> str:
    return _JSON.encode(event)


def _frames_only(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Replace an exception by its type and frames: its message may quote what a contact wrote."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        event["exception"] = type(raised).__name__
        event["frames"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(raised.__traceback__)
        ]
    return event
