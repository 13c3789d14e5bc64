"""The engine of a server with workers: it only says that there is work, and keeps what is its own in order."""

from __future__ import annotations

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.kinds import INDEX_DOCUMENT, REEMBED, RUN_GOLDEN
from jobs.worker import WORKER, Hints
from kit.errors import AppError
from models.documents import Document
from models.golden import GoldenRun
from services.house import House
from services.work.hold_leases import HoldLeases

SERVER = "server"
RECOVER_EVERY_S = 60.0
BEHIND_EVERY_S = 2.0
STOP_WITHIN_S = 5.0


class HandOver:
    """Implements ``jobs.engine.Engine``: everything is done by ``celery -A worker worker``."""

    def __init__(self, hints: Hints, leases: HoldLeases) -> None:
        self._hints = hints
        self._leases = leases
        self._threads = DaemonThreads()

    def index_soon(self, document: Document) -> None:  # noqa: ARG002  # whose turn it is, the workers choose
        """Say that a document waits."""
        self._hints.hint(INDEX_DOCUMENT)

    def run_golden_soon(self, run: GoldenRun) -> None:  # noqa: ARG002  # as above
        """Say that a run waits."""
        self._hints.hint(RUN_GOLDEN)

    def start(self, house: House) -> None:
        """Begin to look after turns, and to follow what the workers do."""
        for _ in house.documents.reembed.waiting():
            self._hints.hint(REEMBED)
        self._threads.start("recover-turns", lambda: self._look_after_turns(house))
        self._threads.start("follow-workers", lambda: self._follow(house))

    def sweep(self, house: House) -> None:
        """End the turns that an outage left open; the rest is the workers'."""
        house.chats.recover_turns.recover()

    def worries(self) -> list[str]:
        """Whether nobody is there to do anything."""
        if any(name.startswith(WORKER) for name in self._leases.taken()):
            return []
        return ["no worker runs, so that nothing is indexed: start `celery -A worker worker`"]

    def stop(self) -> None:
        """End."""
        self._threads.stop(STOP_WITHIN_S)
        try:
            self._leases.give_back(SERVER)
        except AppError:
            return  # then it ends by itself

    def _look_after_turns(self, house: House) -> None:
        while not self._threads.stops_within(RECOVER_EVERY_S):
            with Attempt("sweep"):
                self.sweep(house)

    def _follow(self, house: House) -> None:
        reembed = house.documents.reembed
        while not self._threads.stops_within(BEHIND_EVERY_S if reembed.left() else self._leases.lasts_s / 3):
            with Attempt("look at what the workers do"):
                self._leases.renew()
                reembed.follow()
