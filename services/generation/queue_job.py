"""Queue what is to be done in the background, each request once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict

from kit.clock import Clock
from kit.errors import Conflict, Invalid, Unavailable
from kit.ids import new_id
from models.callers import Caller
from models.cards import CardWanted
from models.generation import Asked, GenerationJob
from repositories.errors import Duplicate
from repositories.generation_jobs import GenerationJobRepository

LONGEST_KEY = 128
MOST_WAITING = 1_000


class QueueJob:
    """Makes jobs; the record alone is enough for one to be done some time."""

    def __init__(
        self, *, jobs: GenerationJobRepository, clock: Clock, run_soon: Callable[[str], int]
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._run_soon = run_soon

    def queue(
        self, caller: Caller, assistant_id: str, asked: Asked | CardWanted, idempotency_key: str = ""
    ) -> GenerationJob:
        """A queued job of the caller's, for what was checked before.

        With a key that was sent before it is the job from then; ``Conflict`` when that was another request.
        ``Unavailable`` while too many jobs wait, ``Invalid`` for a key that is too long.
        """
        if len(idempotency_key) > LONGEST_KEY:
            raise Invalid.field("Idempotency-Key", f"Must have at most {LONGEST_KEY} characters.")
        job = self.new(caller, assistant_id, asked, idempotency_key)
        if self._run_soon("") >= MOST_WAITING:
            raise Unavailable("Too many jobs wait; try again in a moment.", code="jobs_full", retry_after=5)
        try:
            self._jobs.add(job)
        except Duplicate:
            return self._before(job)
        self._run_soon(job.id)
        return job

    def new(
        self, caller: Caller, assistant_id: str, asked: Asked | CardWanted, idempotency_key: str = ""
    ) -> GenerationJob:
        """The job as it would be queued; it is not kept."""
        job_id = new_id()
        return GenerationJob(
            id=job_id,
            user_id="" if caller.assistant else caller.actor.user_id,
            token_id=caller.actor.token_id,
            assistant_id=assistant_id,
            asked=asked,
            created_at=self._clock(),
            key=f"{caller.actor.key}:{_hash(idempotency_key)}" if idempotency_key else job_id,
            digest=_hash(json.dumps(asdict(asked), sort_keys=True)),
        )

    def _before(self, job: GenerationJob) -> GenerationJob:
        before = self._jobs.by_key(job.key)
        if before is None:
            raise Unavailable(retry_after=1)  # it was forgotten in this moment
        if before.digest != job.digest:
            raise Conflict("This Idempotency-Key was sent with another request.", code="idempotency_key_used")
        return before


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
