"""What a worker process does beside its messages: it keeps what it holds, and looks for what was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.kinds import kinds_of
from jobs.next_work import NextWork
from kit.clock import utc_now
from kit.errors import AppError
from kit.logging import get_logger
from services.house import House
from services.work.hold_leases import HoldLeases

MOST_HINTS = 200  # of one kind and sweep; the next sweep sends more
UPLOADED_WITHIN = timedelta(minutes=10)
STOP_WITHIN_S = 5.0
SWEEP, WORKER = "sweep", "worker:"
_log = get_logger("worker")


class Hints(Protocol):
    """The way to the workers."""

    def hint(self, kind: str) -> None:
        """Say that there is one more piece of work of this kind."""
        ...

    def waiting(self, kind: str) -> int:
        """How many such messages nobody has read."""
        ...


class Worker:
    """Does the next piece of work whenever it is told that there is some, in any number of threads."""

    def __init__(self, house: House, leases: HoldLeases, hints: Hints, *, name: str) -> None:
        self._house = house
        self._leases = leases
        self._hints = hints
        self._lease = f"{WORKER}{name}"
        self._kinds = kinds_of(house)
        self._next = NextWork(self._kinds, leases, keep_on=self._keeps_on, again_in=self._again_in)
        self._agrees = True
        self._was_behind = False
        self._threads = DaemonThreads()

    def start(self) -> None:
        """Be known as a worker, and begin to keep what is held and to sweep."""
        self._leases.take(self._lease)
        lasts_s = self._leases.lasts_s
        self._threads.start("keep-leases", lambda: self._repeat("renewal of leases", self._keep, lasts_s / 3))
        self._threads.start("sweep", lambda: self._repeat("sweep", self._sweep, lasts_s / 2))

    def do(self, kind: str) -> None:
        """Do one piece of work of this kind, if any is left to do."""
        if kind not in self._kinds:
            _log.warning("unknown kind of work: is this worker older than the server?", kind=kind)
        elif self._agrees:
            self._next.do(kind)

    def wind_down(self) -> None:
        """Begin nothing more; what can be left and taken up again is left."""
        self._threads.wind_down()

    def stop(self) -> None:
        """End, and say so."""
        self._threads.stop(STOP_WITHIN_S)
        try:
            self._leases.give_back(self._lease)
        except AppError:
            return  # then it ends by itself

    def _keeps_on(self) -> bool:
        return not self._threads.stopping

    def _again_in(self, kind: str, seconds: float) -> None:
        timer = threading.Timer(seconds, self._hints.hint, (kind,))
        timer.daemon = True
        timer.start()

    def _repeat(self, work: str, run: Callable[[], None], every_s: float) -> None:
        while True:
            with Attempt(work):
                run()
            if self._threads.stops_within(every_s):
                return

    def _keep(self) -> None:
        self._leases.renew()
        agrees = self._house.documents.reembed.follow()
        if self._agrees and not agrees:
            _log.error(
                "EMBEDDING_MODEL is not the server's: this worker does nothing until it is started with it"
            )
        self._agrees = agrees

    def _sweep(self) -> None:
        """One worker at a time looks for work that no message leads to."""
        if not self._leases.take(SWEEP):
            return
        # Not given back: it ends before the next sweep, and so no other worker does the same meanwhile.
        self._leases.leave(SWEEP)
        self._house.assistants.delete_assistant.finish_all()
        self._house.documents.index_document.queue_left_over(utc_now() - UPLOADED_WITHIN)
        self._drop_left_over()
        self._leases.forget_old()
        for kind in self._kinds:
            due = self._next.due(kind, MOST_HINTS)
            for _ in range(due - self._hints.waiting(kind) if due else 0):
                self._hints.hint(kind)

    def _drop_left_over(self) -> None:
        """After the last assistant was embedded anew: what processes that did not know yet wrote for the old one."""
        behind = bool(self._house.documents.reembed.left())
        if self._was_behind and not behind:
            self._house.documents.reembed.drop_left_over()
        self._was_behind = behind
