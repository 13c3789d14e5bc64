"""Documents indexed in threads of this process, found again in the records after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.fair_queue import FairQueue
from models.documents import Document

BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
# What two threads left to each other, or a database that was away left undone, waits no longer than this.
SWEEP_EVERY_S = 20.0


class Background:
    """Runs ``index`` for each document handed in, and ``sweep`` at the start and every twenty seconds."""

    def __init__(self, *, workers: int = 1) -> None:
        self._queue = FairQueue()
        self._workers = workers
        self._threads = DaemonThreads()
        self._tries: dict[str, int] = {}
        self._handed_in: dict[str, Document] = {}

    def index_soon(self, document: Document) -> None:
        """Have a document indexed (or what is left of a deleted one removed)."""
        self._handed_in[document.id] = document
        self._put(document.id)

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return self._queue.idle

    def start(self, *, index: Callable[[str, Document | None], None], sweep: Callable[[], None]) -> None:
        """Begin."""
        for n in range(self._workers):
            self._threads.start(
                f"index-{n}", lambda: self._queue.work_off(lambda document_id: self._try(index, document_id))
            )
        self._threads.start("sweep", lambda: self._sweep(sweep))

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what runs, for a moment; the rest is found in the records at the next start."""
        self._threads.stop(timeout_s, wake=self._queue.close)

    def _put(self, document_id: str) -> None:
        document = self._handed_in.get(document_id)
        owner, assistant = (document.owner_id, document.assistant_id) if document else ("", "")
        self._queue.put(document_id, owner=owner, assistant=assistant)

    def _try(self, index: Callable[[str, Document | None], None], document_id: str) -> None:
        tries = self._tries.get(document_id, 0)
        again_in_s = BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)]
        with Attempt("indexing", document_id=document_id, again_in_s=again_in_s) as attempt:
            index(document_id, self._handed_in.get(document_id))
        if attempt.went_well:
            self._tries.pop(document_id, None)
            self._handed_in.pop(document_id, None)
        else:
            self._tries[document_id] = tries + 1
            timer = threading.Timer(again_in_s, self._put, (document_id,))
            timer.daemon = True
            timer.start()

    def _sweep(self, sweep: Callable[[], None]) -> None:
        while True:
            with Attempt("sweep"):
                sweep()
            if self._threads.stops_within(SWEEP_EVERY_S):
                return
