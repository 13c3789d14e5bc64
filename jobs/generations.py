"""Prompts that are answered in the background, a few at once, in threads of the server."""

from __future__ import annotations

import threading

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.fair_queue import FairQueue
from services.generation.run_generation import RunGeneration

SWEEP_EVERY_S = 60.0
WORKERS = 4  # they wait for models, most of the time


class Generations:
    """Does each job handed in; what the end of the process puts off is found in the records at the next start."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._queue = FairQueue()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._workers = workers
        self._threads = DaemonThreads()

    def soon(self, job_id: str) -> int:
        """Have a job done, unless it waits or runs already (or the id is empty); how many do."""
        with self._lock:
            if job_id and job_id not in self._known:
                self._known.add(job_id)
                self._queue.put(job_id)
            return len(self._known)

    def start(self, run_generation: RunGeneration) -> None:
        """Begin; what was begun before is over."""
        for job_id in run_generation.recover(all_are_dead=True):
            self.soon(job_id)
        for n in range(self._workers):
            self._threads.start(
                f"generate-{n}",
                lambda: self._queue.work_off(lambda job_id: self._generate(run_generation, job_id)),
            )
        self._threads.start("generate-sweep", lambda: self._sweep(run_generation))

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after what is under way, if that is soon."""
        self._threads.stop(timeout_s, wake=self._queue.close)

    def _generate(self, run_generation: RunGeneration, job_id: str) -> None:
        with Attempt("generation", job_id=job_id):  # put off, it is handed in again by the next sweep
            run_generation.run(job_id)
        with self._lock:
            self._known.discard(job_id)

    def _sweep(self, run_generation: RunGeneration) -> None:
        while not self._threads.stops_within(SWEEP_EVERY_S):
            with Attempt("sweep of generations"):
                for job_id in run_generation.recover():
                    self.soon(job_id)
