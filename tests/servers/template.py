"""A process that has the application imported and forks a running one from it, at once, as often as asked.

``python -m tests.servers.template`` reads one JSON object a line: ``{"start": {…environment…}, "log": path}``
answers ``{"pid": …}``; ``{"wait": pid}`` answers ``{"code": …}``, null while it runs. A forked application is
``main.main()`` like any other, but that its Chroma lives and dies in the same process, for which chromadb is imported
here once; with ``"command": […]``, the words after ``python cli.py``, it is that command, and what it says is written
beside the log. In its environment ``KILL_AT`` may name a moment of its death, such as
``before repositories.chats:ChatRepository.note_answer 3``: it kills itself at that call, as ``kill -9`` does,
the third of all threads since it got SIGUSR1 (since its start, where ``KILL_AT_START`` is set). The product
knows nothing of it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import itertools
import json
import os
import signal
import sys
import threading
import traceback
from typing import Any

from chromadb.api import rust

import cli
import main
from bootstrap import seams
from integrations.vectorstores import chroma_local

PR_SET_PDEATHSIG = 1
CHROMA = "ChildChroma"


def serve() -> None:
    """Do what standard input says until it ends."""
    _end_with_parent()
    setattr(seams, CHROMA, chroma_local.open_chroma)
    assert rust  # imported here, so that no fork has to
    gc.collect()
    gc.freeze()  # nor looks through all that for garbage, which would copy it
    for line in sys.stdin:
        asked = json.loads(line)
        answer = (
            {"code": _code(asked["wait"])}
            if "wait" in asked
            else {"pid": _forked(asked["start"], asked["log"], asked.get("command"))}
        )
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _forked(environment: dict[str, str], log: str, command: list[str] | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _become(environment, log, log if command is None else f"{log}.out")
        status = main.main() if command is None else _command(command)
    except Exception:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _command(words: list[str]) -> int:
    try:
        cli.cli(words, prog_name="cli.py")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _become(environment: dict[str, str], log: str, said: str) -> None:
    _end_with_parent()
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, written = (os.open(one, os.O_WRONLY | os.O_APPEND | os.O_CREAT) for one in (said, log))
    for target, source in ((0, nothing), (1, out), (2, written)):
        os.dup2(source, target)
    armed = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: armed.set())
    if environment.get("KILL_AT_START"):
        armed.set()
    moment = environment.get("KILL_AT")
    if moment:
        _arm(armed, *moment.split())


def _end_with_parent() -> None:
    """Where the system can, be killed when the process that we were forked from, or started by, is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _arm(armed: threading.Event, when: str, place: str, number: str) -> None:
    """Have the process killed before or after the so-manieth call of a method."""
    module, _, name = place.partition(":")
    owner_name, _, method = name.partition(".")
    owner = getattr(importlib.import_module(module), owner_name)
    original, calls = getattr(owner, method), itertools.count(1)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        is_it = armed.is_set() and next(calls) == int(number)
        if is_it and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if is_it:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, method, deadly)


def _code(pid: int) -> int | None:
    """The exit code as ``subprocess`` has it: negative for a signal."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


if __name__ == "__main__":
    serve()
