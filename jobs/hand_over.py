"""The engine of a server with workers: it only says that there is work, and keeps what is its own in order."""

from __future__ import annotations

import threading

from jobs.kinds import INDEX_DOCUMENT, REEMBED, RUN_GOLDEN
from jobs.worker import WORKER, Hints
from kit.errors import AppError
from kit.logging import get_logger
from models.documents import Document
from models.golden import GoldenRun
from services.house import House
from services.work.hold_leases import HoldLeases

SERVER = "server"
RECOVER_EVERY_S = 60.0
BEHIND_EVERY_S = 2.0
_log = get_logger("jobs")


class HandOver:
    """Implements ``jobs.engine.Engine``: everything is done by ``celery -A worker worker``."""

    def __init__(self, hints: Hints, leases: HoldLeases) -> None:
        self._hints = hints
        self._leases = leases
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

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
        for run in (self._look_after_turns, self._follow):
            thread = threading.Thread(target=run, args=(house,), name=run.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

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
        self._stopping.set()
        for thread in self._threads:
            thread.join(5.0)
        try:
            self._leases.give_back(SERVER)
        except AppError:
            return  # then it ends by itself

    def _look_after_turns(self, house: House) -> None:
        while not self._stopping.wait(RECOVER_EVERY_S):
            try:
                self.sweep(house)
            except AppError as problem:
                _log.warning("sweep put off", code=problem.error_code)
            except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: the next sweep may go through
                _log.error("sweep failed", exc_info=problem)

    def _follow(self, house: House) -> None:
        reembed = house.documents.reembed
        while not self._stopping.wait(BEHIND_EVERY_S if reembed.left() else self._leases.lasts_s / 3):
            try:
                self._leases.renew()
                reembed.follow()
            except AppError as problem:
                _log.warning("not followed", code=problem.error_code)
            except Exception as problem:  # noqa: BLE001  # as above
                _log.error("not followed", exc_info=problem)
