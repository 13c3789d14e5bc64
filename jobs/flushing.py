"""Writes what is recorded in memory, in a thread of its own: no turn waits for it."""

from __future__ import annotations

from collections.abc import Callable

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads

EVERY_S = 0.5
ALL_EVERY = 4  # rounds
STOP_WITHIN_S = 5.0


class Flushing:
    """``often`` twice a second, ``everything`` every two seconds and at the end."""

    def __init__(
        self, *, often: Callable[[], None], everything: Callable[[], None], every_s: float = EVERY_S
    ) -> None:
        self._often = often
        self._everything = everything
        self._every_s = every_s
        self._threads = DaemonThreads()

    def start(self) -> None:
        """Begin."""
        self._threads.start("flushing", self._run)

    def stop(self) -> None:
        """Write what waits, and end."""
        self._threads.stop(STOP_WITHIN_S)
        with Attempt("flush"):
            self._everything()

    def _run(self) -> None:
        rounds = 0
        while not self._threads.stops_within(self._every_s):
            rounds += 1
            with Attempt("flush"):
                if rounds % ALL_EVERY == 0:
                    self._everything()
                else:
                    self._often()
