"""Count the open jobs of the installation, cheaply enough to be asked often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from kit.clock import Clock
from kit.errors import AppError
from kit.logging import get_logger
from models.jobs import JobCount, JobKind, JobState, OpenJob

LOOK_AGAIN = timedelta(seconds=10)
MOST = 1000  # of each kind: more are not looked at

# At most so many open jobs, the oldest of them where not all are had.
OpenJobs = Callable[[int], Sequence[OpenJob]]
_STATES = dict.fromkeys(JobKind, (JobState.WAITING, JobState.RUNNING)) | {
    JobKind.WEBHOOK: (JobState.WAITING, JobState.LATER),
    JobKind.PICTURE: (JobState.WAITING,),  # those that are being drawn, too: nothing tells them apart
    JobKind.PUSH: (JobState.WAITING, JobState.RUNNING, JobState.LATER),
}
_log = get_logger("jobs")


class CountJobs:
    """What is open by kind and state. The records are looked at once in ten seconds, whoever asks how often."""

    def __init__(self, *, open_jobs: Mapping[JobKind, OpenJobs], clock: Clock) -> None:
        self._open_jobs = open_jobs
        self._clock = clock
        self._looking = threading.Lock()
        self._looked_at: datetime | None = None
        self._counts: tuple[JobCount, ...] = ()

    def __call__(self) -> tuple[JobCount, ...]:
        """A count for each kind and state, zeros too; none at all while the records are away.

        Who asks while another looks gets what was there before.
        """
        if self._looking.acquire(blocking=False):
            try:
                now = self._clock()
                if self._looked_at is None or now - self._looked_at >= LOOK_AGAIN:
                    self._counts = self._look(now)
                    self._looked_at = self._clock()
            finally:
                self._looking.release()
        return self._counts

    def _look(self, now: datetime) -> tuple[JobCount, ...]:
        try:
            found = {kind: open_jobs(MOST) for kind, open_jobs in self._open_jobs.items()}
        except AppError as problem:
            _log.warning("jobs not counted", code=problem.error_code)
            return ()
        return tuple(
            _count(kind, state, jobs, now) for kind, jobs in found.items() for state in _STATES[kind]
        )


def _count(kind: JobKind, state: JobState, jobs: Iterable[OpenJob], now: datetime) -> JobCount:
    since = [one.since for one in jobs if one.state is state]
    oldest_s = max(0.0, (now - min(since)).total_seconds()) if since else 0.0
    return JobCount(kind, state, len(since), oldest_s)
