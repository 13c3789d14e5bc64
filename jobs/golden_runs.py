"""Runs of golden questions, one after the other in a thread of their own: they never wait for an import."""

from __future__ import annotations

import threading

from jobs.background import FairQueue
from kit.errors import AppError
from kit.logging import get_logger
from models.golden import GoldenRun
from services.golden.run_golden import RunGolden

_log = get_logger("jobs")


class GoldenRuns:
    """Does each run handed in; what an error or the process's end puts off, the next sweep hands in again."""

    def __init__(self) -> None:
        self._queue = FairQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def run_soon(self, run: GoldenRun) -> None:
        """Have a run done."""
        self._queue.put(run.id, owner="", assistant=run.assistant_id)

    def start(self, run_golden: RunGolden) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._thread = threading.Thread(
            target=self._work, args=(run_golden,), name="golden-runs", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the question that is searched for now; the run is found in the records at the next start."""
        self._stopping.set()
        self._queue.close()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self, run_golden: RunGolden) -> None:
        while (run_id := self._queue.take()) is not None:
            try:
                self._try(run_golden, run_id)
            finally:
                self._queue.done(run_id)

    def _try(self, run_golden: RunGolden, run_id: str) -> None:
        try:
            run_golden.run(run_id, keep_on=lambda: not self._stopping.is_set())
        except AppError as problem:
            _log.warning("golden run put off", run_id=run_id, code=problem.error_code)
        except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: one broken run must not end the others
            _log.error("golden run failed", run_id=run_id, exc_info=problem)
            self._fail(run_golden, run_id)

    def _fail(self, run_golden: RunGolden, run_id: str) -> None:
        try:
            run_golden.fail(run_id)
        except AppError as problem:  # then the next sweep tries the run again, a few times at most
            _log.warning("golden run put off", run_id=run_id, code=problem.error_code)
