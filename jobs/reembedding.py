"""Re-embedding in a thread of its own, so that an import or a sweep never waits for it."""

from __future__ import annotations

from collections.abc import Callable

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads

AGAIN_AFTER_S = 30.0
STOP_WITHIN_S = 10.0


class Reembedding:
    """Runs ``work`` until it is through; it is given a question whether to go on, and may be run again."""

    def __init__(
        self, work: Callable[[Callable[[], bool]], None], again_after_s: float = AGAIN_AFTER_S
    ) -> None:
        self._work = work
        self._again_after_s = again_after_s
        self._threads = DaemonThreads()

    def start(self) -> None:
        """Begin."""
        self._threads.start("reembedding", self._run)

    def stop(self) -> None:
        """End after the batch that is under way, or leave it."""
        self._threads.stop(STOP_WITHIN_S)

    def _run(self) -> None:
        while not self._through() and not self._threads.stops_within(self._again_after_s):
            pass

    def _through(self) -> bool:
        with Attempt("re-embedding", says_why=True) as attempt:
            self._work(lambda: not self._threads.stopping)
        return attempt.went_well
