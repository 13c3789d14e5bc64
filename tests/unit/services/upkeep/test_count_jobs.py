from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kit.errors import Unavailable
from models.jobs import JobCount, JobKind, JobState, OpenJob
from services.upkeep.count_jobs import LOOK_AGAIN, MOST, CountJobs

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WAITING, RUNNING = JobState.WAITING, JobState.RUNNING


class Records:
    """Jobs that lie there, how often they were looked at, and whether they can be."""

    def __init__(self) -> None:
        self.now = NOW
        self.jobs: list[OpenJob] = []
        self.looks: list[int] = []
        self.away = False
        self.count = CountJobs(open_jobs={JobKind.DOCUMENT: self.open_work}, clock=lambda: self.now)

    def open_work(self, most: int) -> list[OpenJob]:
        self.looks.append(most)
        if self.away:
            raise Unavailable
        return self.jobs


def test_jobs_are_counted_by_state_with_the_age_of_the_oldest() -> None:
    records = Records()
    records.jobs = [OpenJob(WAITING, NOW - timedelta(seconds=one)) for one in (5, 70, 3)]

    assert records.count() == (
        JobCount(JobKind.DOCUMENT, WAITING, 3, 70.0),
        JobCount(JobKind.DOCUMENT, RUNNING, 0, 0.0),
    )


def test_the_records_are_looked_at_once_in_a_while_and_with_a_bound() -> None:
    records = Records()
    records.count()
    records.jobs = [OpenJob(RUNNING, NOW)]
    assert [one.jobs for one in records.count()] == [0, 0]
    records.now += LOOK_AGAIN

    assert [one.jobs for one in records.count()] == [0, 1]
    assert records.looks == [MOST, MOST]


def test_nothing_is_said_while_the_records_are_away() -> None:
    records = Records()
    records.away = True

    assert records.count() == records.count() == ()
    assert len(records.looks) == 1
