"""Say what became of a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import AppError
from models.cards import CardsDone
from models.generation import Generated, GenerationJob, JobError, JobStatus

WENT_WRONG = JobError("internal_error", "Something went wrong on our side; the server's log says why.")


def done(job: GenerationJob, result: Generated | CardsDone, at: datetime) -> GenerationJob:
    """The job with what came of it."""
    return replace(job, status=JobStatus.DONE, progress=100, result=result, finished_at=at)


def failed(job: GenerationJob, problem: BaseException | JobError, at: datetime) -> GenerationJob:
    """The job with why nothing came of it, as the same request would have been told at once."""
    if isinstance(problem, AppError):
        error = JobError(problem.error_code, problem.sentence)
    else:
        error = problem if isinstance(problem, JobError) else WENT_WRONG
    return replace(job, status=JobStatus.FAILED, progress=100, error=error, finished_at=at)
