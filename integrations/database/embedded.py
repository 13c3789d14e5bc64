"""The embedded database: nx-27017 as a child process that is there as long as we are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

from integrations.database.lockfile import LockFile, holder_says
from integrations.database.wire import answers
from kit.errors import Unavailable
from kit.logging import get_logger

CHILD = Path(__file__).with_name("child.py")
OWNER_LOCK = "owner.lock"
CHILD_LOCK = "child.lock"
BACKLOG = 512
OWNER_WAIT_S = 2.0  # for a predecessor that is just ending
ORPHAN_WAIT_S = 2.0  # for the child of one that was killed: it ends by itself
READY_WITHIN_S = 60.0  # a large journal may have to be read again
STOP_WITHIN_S = 10.0
# A child that lived for STEADY_S is started again at once; one that keeps dying, after ever longer waits.
STEADY_S = 10.0
WAIT_FIRST_S, WAIT_MOST_S = 0.1, 30.0

log = get_logger("database")


class DatabaseInUse(Unavailable):
    """Another process runs the database in this directory."""

    code = "database_in_use"
    message = "Another process runs the database in this directory."


class DatabaseNotStarted(Unavailable):
    """The embedded database does not come up."""

    code = "database_not_started"
    message = "The embedded database does not start."


class EmbeddedDatabase:
    """Runs nx-27017 on the files in ``directory`` (mode 0700), never two at once.

    We listen on the port ourselves and hand the socket to the child: the port is ours from the first to
    the last moment, and who connects while a dead child is replaced waits instead of being refused.
    """

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        """``port`` 0 is any free one."""
        self._directory = directory
        self._wanted_port = port
        self._owner = LockFile(directory / OWNER_LOCK)
        self._listener: socket.socket | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._watchdog: threading.Thread | None = None
        self._stopping = threading.Event()
        self._guard = threading.Lock()  # between the watchdog that starts a child and stop()

    def start(self) -> str:
        """Start the child, wait until it answers, and return its URI.

        ``DatabaseInUse`` when a living process owns the directory; the child of a dead one is ended.
        ``DatabaseNotStarted`` when the child ends or stays silent.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._directory.chmod(0o700)
            owned = self._owner.acquire(OWNER_WAIT_S)
        except OSError as error:
            raise DatabaseNotStarted(
                f"{self._directory} cannot hold the database: {error.strerror}."
            ) from error
        if not owned:
            raise DatabaseInUse(f"Another process runs the database in {self._directory}.")
        self._stopping.clear()
        try:
            self._owner.write("")
            _end_orphan(self._directory / CHILD_LOCK)
            self._open()
            self._owner.write(self.uri)
        except BaseException:  # whatever it is, no child and no lock is left behind
            self.stop()
            raise
        return self.uri

    def stop(self) -> None:
        """End the child: its input ends, and it is killed if it does not follow within ten seconds."""
        with self._guard:
            self._stopping.set()
        if self._child is not None:
            _end(self._child)
        if self._watchdog is not None:
            self._watchdog.join()
        if self._listener is not None:
            self._listener.close()
        self._owner.release()

    @property
    def uri(self) -> str:
        """Where the database is, for this process and for others of the same machine."""
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    @property
    def alive(self) -> bool:
        """Whether the child answers right now."""
        return self._listener is not None and not self._stopping.is_set() and answers(self._port, 1.0)

    @property
    def pid(self) -> int:
        """The child's process id; another one after each death. ``DatabaseNotStarted`` before the first."""
        if self._child is None:
            raise DatabaseNotStarted
        return self._child.pid

    @property
    def _port(self) -> int:
        if self._listener is None:
            raise DatabaseNotStarted
        port: int = self._listener.getsockname()[1]
        return port

    def _open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._wanted_port), backlog=BACKLOG)
        _forget_when_forked(self)
        child = self._spawn()
        give_up = time.monotonic() + READY_WITHIN_S
        while not answers(self._port, 0.5):
            if child.poll() is not None or time.monotonic() > give_up:
                raise DatabaseNotStarted(f"The embedded database does not start; see {self._errors_file}.")
        self._watchdog = threading.Thread(target=self._watch, name="database-watchdog", daemon=True)
        self._watchdog.start()

    @property
    def _errors_file(self) -> Path:
        return self._directory / "child.log"

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self._listener is None:
            raise DatabaseNotStarted
        descriptor = self._listener.fileno()
        if self._child is not None:
            _close_input(self._child)
        with self._errors_file.open("wb") as errors:
            self._child = subprocess.Popen(  # noqa: S603  # our own interpreter on our own file
                [sys.executable, "-I", str(CHILD), str(self._directory), str(descriptor)],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                pass_fds=(descriptor,),
                start_new_session=True,  # Ctrl-C is for us: we still need the records to finish
                cwd=self._directory,
            )
        return self._child

    def _watch(self) -> None:
        """Start the child again whenever it ends, until we stop."""
        wait_s = 0.0
        while self._child is not None:
            began = time.monotonic()
            code = self._child.wait()
            if self._stopping.is_set():
                return
            steady = time.monotonic() - began > STEADY_S
            wait_s = 0.0 if steady else min(max(2 * wait_s, WAIT_FIRST_S), WAIT_MOST_S)
            log.warning("database_died", exit_code=code, starts_again_in_s=wait_s)
            self._stopping.wait(wait_s)
            self._spawn_again()

    def _spawn_again(self) -> None:
        with self._guard:
            if self._stopping.is_set():
                return
            try:
                self._spawn()
            except OSError as error:
                # No memory or no descriptors: the dead child is found dead again, and the waits grow.
                log.exception("database_not_started", problem=str(error))

    def _let_go(self) -> None:
        """In a process forked from ours: hold nothing that must end with us."""
        self._owner.release()
        if self._listener is not None:
            self._listener.close()
        if self._child is not None:
            _close_input(self._child)


def attach(directory: Path, wait_s: float = 5.0) -> str | None:
    """The URI of the database that a living process runs in ``directory``; ``None`` when none does.

    Waits up to ``wait_s`` seconds for one that is just starting.
    """
    give_up = time.monotonic() + wait_s
    while (uri := holder_says(directory / OWNER_LOCK)) == "":
        if time.monotonic() >= give_up:
            return None
        time.sleep(0.05)
    return uri


def _end_orphan(lock_path: Path) -> None:
    """See to it that no child of a dead owner is left: it ends by itself, or is killed."""
    lock = LockFile(lock_path)
    if not lock.acquire(ORPHAN_WAIT_S):
        pid = holder_says(lock_path)
        if pid:
            log.warning("database_orphan_killed", pid=int(pid))
            os.kill(int(pid), signal.SIGKILL)
        if not lock.acquire(ORPHAN_WAIT_S):
            raise DatabaseInUse
    lock.release()


def _close_input(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    _close_input(child)
    try:
        child.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        log.warning("database_killed", pid=child.pid)
        child.kill()
        child.wait()


def _forget_when_forked(database: EmbeddedDatabase) -> None:
    """A fork (of multiprocessing, say) copies our lock and pipe: with them it would keep the child alive."""
    reference = weakref.ref(database)

    def let_go() -> None:
        there = reference()
        if there is not None:
            there._let_go()  # noqa: SLF001  # its own class

    os.register_at_fork(after_in_child=let_go)
