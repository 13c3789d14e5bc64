"""The process that reads files: ``python -m integrations.parsing.worker``, started by ``child``.

Parsers of foreign formats are where a file can take all time and memory, or the process itself, down
with it. Here it takes down only this one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import select
import sys
import threading
import warnings
from pathlib import Path

from integrations.parsing.archive import damaged
from integrations.parsing.base import Unreadable
from integrations.parsing.parse_file import parse_file
from integrations.parsing.protocol import (
    Closed,
    Late,
    Message,
    WorkerSettings,
    document_to_message,
    receive,
    send,
)

_NICENESS = 5
"""Reading documents lets those who wait for an answer go first."""

_GRACE_SECONDS = 5
"""The parent ends a reading that takes too long; only if it cannot, the kernel does, so much later."""

_MAX_KEPT_MB = 256
_MAX_FILES = 1_000
"""A process that has grown, or read so many files, makes room for a fresh one."""

_TOO_BIG = "The file takes more memory to read than one file may: split it into several files"
_WATCH_MS = 1_000
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def main(settings: WorkerSettings, requests: int, answers: int) -> None:
    """Answer requests until there are no more: the parent is gone, or none came for a while."""
    threading.Thread(target=_end_with_parent, args=(requests, settings.parent), daemon=True).start()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold documents
    send(answers, {"ready": True})
    _silence_errors()
    for count in range(1, _MAX_FILES + 1):
        try:
            request = receive(requests, settings.idle_seconds)
        except Late:
            return
        answer = _answer(request, settings)
        answer["last"] = answer.get("last", False) or count == _MAX_FILES or _held_mb()[1] > _MAX_KEPT_MB
        send(answers, answer)
        if answer["last"]:
            return


def _silence_errors() -> None:
    """What a library says while it reads may be a document's text; what stopped the start has been said."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stderr.fileno())
    os.close(nothing)


def _end_with_parent(requests: int, parent: int) -> None:
    """End at once when the parent is gone, also in the middle of a file."""
    poll = select.poll()
    poll.register(requests, 0)  # only the end of the pipe is told
    while not poll.poll(_WATCH_MS) and os.getppid() == parent:
        pass
    os._exit(0)


def _answer(request: Message, settings: WorkerSettings) -> Message:
    file_format = request["format"]
    _limit(settings)
    try:
        document = parse_file(Path(request["path"]), file_format, settings.bounds)
    except Unreadable as refusal:
        return {"unreadable": refusal.sentence}
    except FileNotFoundError:
        return {"missing": True}
    except MemoryError:
        _unlimit_memory()
        return {"unreadable": f"{_TOO_BIG} ({settings.max_memory_mb} MB).", "last": True}
    except RecursionError:
        return {"unreadable": "The file is nested too deeply to be read."}
    except Exception as problem:  # noqa: BLE001 - the outermost loop: libraries raise anything on a damaged file
        return {"unreadable": damaged(file_format).sentence, "fault": type(problem).__name__}
    return document_to_message(document)


def _limit(settings: WorkerSettings) -> None:
    """Bound what the next file may take beyond what the process holds already."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + settings.max_seconds) + _GRACE_SECONDS
    _set_soft(resource.RLIMIT_CPU, seconds)
    _set_soft(resource.RLIMIT_AS, (_held_mb()[0] + settings.max_memory_mb) << 20)


def _unlimit_memory() -> None:
    _set_soft(resource.RLIMIT_AS, resource.getrlimit(resource.RLIMIT_AS)[1])


def _set_soft(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS does not bound address space
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _held_mb() -> tuple[int, int]:
    """Address space and memory that the process holds."""
    try:
        size, resident, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except FileNotFoundError:  # not Linux: the bound counts from what imports usually take
        return 512, 0
    return int(size) * _PAGE_BYTES >> 20, int(resident) * _PAGE_BYTES >> 20


if __name__ == "__main__":
    with contextlib.suppress(Closed):
        main(WorkerSettings.from_json(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
