"""Prompts that are answered in the background, a few at once, in threads of the server."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from kit.errors import AppError
from kit.logging import get_logger
from services.generation.run_generation import RunGeneration

SWEEP_EVERY_S = 60.0
WORKERS = 4  # they wait for models, most of the time
_log = get_logger("jobs")


class Generations:
    """Does each job handed in; what the end of the process puts off is found in the records at the next start."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._workers = workers
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def soon(self, job_id: str) -> int:
        """Have a job done, unless it waits or runs already (or the id is empty); how many do."""
        with self._lock:
            if job_id and job_id not in self._known:
                self._known.add(job_id)
                self._queue.put(job_id)
            return len(self._known)

    def start(self, run_generation: RunGeneration) -> None:
        """Begin, in threads that do not keep the process alive; what was begun before is over."""
        for job_id in run_generation.recover(all_are_dead=True):
            self.soon(job_id)
        named = [(f"generate-{n}", lambda: self._work(run_generation.run)) for n in range(self._workers)]
        for name, work in [*named, ("generate-sweep", lambda: self._sweep(run_generation))]:
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after what is under way, if that is soon."""
        self._stopping.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout_s)

    def _sweep(self, run_generation: RunGeneration) -> None:
        while not self._stopping.wait(SWEEP_EVERY_S):
            try:
                for job_id in run_generation.recover():
                    self.soon(job_id)
            except AppError as problem:
                _log.warning("sweep put off", code=problem.error_code)

    def _work(self, run: Callable[[str], None]) -> None:
        while (job_id := self._queue.get()) is not None:
            try:
                run(job_id)
            except AppError as problem:  # the records cannot be reached: the next sweep hands it in again
                _log.warning("generation put off", job_id=job_id, code=problem.error_code)
            except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: one broken job must not end the others
                _log.error("generation failed", job_id=job_id, exc_info=problem)
            finally:
                with self._lock:
                    self._known.discard(job_id)
