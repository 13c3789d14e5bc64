"""One JSON line an event, on standard error; never a message's text, never a secret."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import traceback
from collections import deque
from typing import TextIO

import structlog

# Made once: ``json.dumps`` makes one each time. What is no JSON is written as it is shown to programmers.
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Of lines that nobody reads any more, the oldest go.
MOST_WAITING = 50_000


def configure(level: str) -> None:
    """Send structlog and the standard library's records to standard error as JSON lines."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _frames_only,
    ]
    structlog.configure(
        processors=[*shared, _rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=Lines(sys.stderr),
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

    A full disk, or a pipe whose reader is gone, loses lines and no request.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._writing = threading.Lock()

    def __call__(self, *_names: object) -> Lines:
        """One for all loggers."""
        return self

    def msg(self, line: str) -> None:
        """Write a line; at once, or with those that are being written."""
        self._waiting.append(line)
        # Looked at again after each release: who found it taken has left its line before that.
        while self._waiting and self._writing.acquire(blocking=False):
            try:
                with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed
                    self._file.write(self._taken())
                    self._file.flush()
            finally:
                self._writing.release()

    log = debug = info = warn = warning = error = err = critical = fatal = exception = failure = msg

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
