"""The small door between the use cases and what works in the background."""

from __future__ import annotations

from typing import Protocol

from models.documents import Document
from models.golden import GoldenRun
from services.house import House


class Engine(Protocol):
    """Threads of this process (``jobs.threads``), or Celery workers (``jobs.hand_over``).

    To ask is a hint: the records say what is to be done, and what was not asked for is found there.
    """

    def index_soon(self, document: Document) -> None:
        """Have a document indexed (or what is left of a deleted one removed)."""
        ...

    def run_golden_soon(self, run: GoldenRun) -> None:
        """Have a run of golden questions done."""
        ...

    def start(self, house: House) -> None:
        """Begin."""
        ...

    def sweep(self, house: House) -> None:
        """Look for what was left open, now."""
        ...

    def worries(self) -> list[str]:
        """What keeps the work from being done, for the doctor."""
        ...

    def stop(self) -> None:
        """Finish what runs, for a moment; the rest is found in the records."""
        ...
