"""Re-embedding in a thread of its own, so that an import or a sweep never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kit.errors import AppError
from kit.logging import get_logger

AGAIN_AFTER_S = 30.0
STOP_WITHIN_S = 10.0
_log = get_logger("jobs")


class Reembedding:
    """Runs ``work`` until it is through; it is given a question whether to go on, and may be run again."""

    def __init__(
        self, work: Callable[[Callable[[], bool]], None], again_after_s: float = AGAIN_AFTER_S
    ) -> None:
        self._work = work
        self._again_after_s = again_after_s
        self._stopping = threading.Event()
        # It does not keep the process alive: what it does not come to is found at the next start.
        self._thread = threading.Thread(target=self._run, name="reembedding", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch that is under way, or leave it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)

    def _run(self) -> None:
        while not self._try() and not self._stopping.wait(self._again_after_s):
            pass

    def _try(self) -> bool:
        try:
            self._work(lambda: not self._stopping.is_set())
        except AppError as problem:
            _log.warning("re-embedding put off", code=problem.error_code, reason=problem.sentence)
        except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: the next try may go through
            _log.error("re-embedding failed", exc_info=problem)
        else:
            return True
        return False
