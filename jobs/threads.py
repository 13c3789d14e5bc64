"""The engine of one process: threads, from records that survive a restart."""

from __future__ import annotations

from jobs.background import Background
from jobs.golden_runs import GoldenRuns
from jobs.reembedding import Reembedding
from models.documents import Document
from models.golden import GoldenRun
from services.house import House

# Documents worked on at once: while one is parsed, another waits for the records, and the vectors of several are
# written in one go. With eight, chats take longer beside an import.
INDEXERS = 6


class Threads:
    """Implements ``jobs.engine.Engine``."""

    def __init__(self) -> None:
        self._background = Background(workers=INDEXERS)
        self._golden_runs = GoldenRuns()
        self._reembedding: Reembedding | None = None

    @property
    def idle(self) -> bool:
        """Whether no document waits or is worked on."""
        return self._background.idle

    def index_soon(self, document: Document) -> None:
        """Have a document indexed (or what is left of a deleted one removed)."""
        self._background.index_soon(document)

    def run_golden_soon(self, run: GoldenRun) -> None:
        """Have a run of golden questions done."""
        self._golden_runs.run_soon(run)

    def start(self, house: House) -> None:
        """Begin, with a sweep: what a process that is gone left open is taken up at once."""
        self._golden_runs.start(house.golden.run_golden)
        self._background.start(index=house.documents.index_document.index, sweep=lambda: self.sweep(house))
        self._reembedding = Reembedding(house.documents.reembed.run)
        self._reembedding.start()

    def sweep(self, house: House) -> None:
        """Hand in whatever the records say is not done."""
        house.chats.recover_turns.recover()
        house.assistants.delete_assistant.finish_all()
        for document in house.documents.index_document.with_work():
            self._background.index_soon(document)
        for run in house.golden.run_golden.open_runs():
            self._golden_runs.run_soon(run)

    def worries(self) -> list[str]:
        """Nothing: the threads are this process's."""
        return []

    def stop(self) -> None:
        """Finish what runs, for a moment; the rest is found in the records at the next start."""
        self._golden_runs.stop()
        self._background.stop()
        if self._reembedding is not None:
            self._reembedding.stop()
