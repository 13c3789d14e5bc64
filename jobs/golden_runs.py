"""Runs of golden questions, one after the other in a thread of their own: they never wait for an import."""

from __future__ import annotations

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.fair_queue import FairQueue
from models.golden import GoldenRun
from services.golden.run_golden import RunGolden


class GoldenRuns:
    """Does each run handed in; what an error or the process's end puts off, the next sweep hands in again."""

    def __init__(self) -> None:
        self._queue = FairQueue()
        self._threads = DaemonThreads()

    def run_soon(self, run: GoldenRun) -> None:
        """Have a run done."""
        self._queue.put(run.id, assistant=run.assistant_id)

    def start(self, run_golden: RunGolden) -> None:
        """Begin."""
        self._threads.start(
            "golden-runs", lambda: self._queue.work_off(lambda run_id: self._do(run_golden, run_id))
        )

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the question that is searched for now; the run is found in the records at the next start."""
        self._threads.stop(timeout_s, wake=self._queue.close)

    def _do(self, run_golden: RunGolden, run_id: str) -> None:
        with Attempt("golden run", run_id=run_id) as attempt:
            run_golden.run(run_id, keep_on=lambda: not self._threads.stopping)
        if attempt.failed:
            # Put off, the next sweep tries the run again, a few times at most.
            with Attempt("note of a failed golden run", run_id=run_id):
                run_golden.fail(run_id)
