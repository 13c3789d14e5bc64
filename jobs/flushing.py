"""Writes what is recorded in memory, in a thread of its own: no turn waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kit.errors import AppError
from kit.logging import get_logger

EVERY_S = 0.5
ALL_EVERY = 4  # rounds
STOP_WITHIN_S = 5.0
_log = get_logger("jobs")


class Flushing:
    """``often`` twice a second, ``everything`` every two seconds and at the end."""

    def __init__(
        self, *, often: Callable[[], None], everything: Callable[[], None], every_s: float = EVERY_S
    ) -> None:
        self._often = often
        self._everything = everything
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flushing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)
        self._try(self._everything)

    def _run(self) -> None:
        rounds = 0
        while not self._stopping.wait(self._every_s):
            rounds += 1
            self._try(self._everything if rounds % ALL_EVERY == 0 else self._often)

    def _try(self, flush: Callable[[], None]) -> None:
        try:
            flush()
        except AppError as problem:
            _log.warning("flush put off", code=problem.error_code)
        except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: the next round may go through
            _log.error("flush failed", exc_info=problem)
