"""Have a prompt answered in the background."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict

from kit.clock import Clock
from kit.errors import Conflict, Invalid, NotFound, Unavailable
from kit.ids import is_id, new_id
from models.callers import Caller
from models.generation import Asked, GenerationJob
from repositories.errors import Duplicate
from repositories.generation_jobs import GenerationJobRepository
from services.generation.generate import Generate

LONGEST_KEY = 128
MOST_WAITING = 1_000


class StartGeneration:
    """Makes jobs and shows them to who made them; the record alone is enough for one to be done some time."""

    def __init__(
        self,
        *,
        generate: Generate,
        jobs: GenerationJobRepository,
        clock: Clock,
        run_soon: Callable[[str], int],
    ) -> None:
        self._generate = generate
        self._jobs = jobs
        self._clock = clock
        self._run_soon = run_soon

    def start(self, caller: Caller, asked: Asked, idempotency_key: str = "") -> GenerationJob:
        """A queued job, after every refusal that the same request would have met at once.

        With a key that was sent before it is the job from then; ``Conflict`` when that was another request.
        ``Unavailable`` while too many jobs wait.
        """
        if len(idempotency_key) > LONGEST_KEY:
            raise Invalid.field("Idempotency-Key", f"Must have at most {LONGEST_KEY} characters.")
        assistant = self._generate.check(caller, asked)
        job_id, digest = new_id(), _digest(asked)
        job = GenerationJob(
            id=job_id,
            user_id="" if caller.assistant else caller.actor.user_id,
            assistant_id=assistant.id if assistant else "",
            asked=asked,
            created_at=self._clock(),
            key=f"{caller.actor.key}:{_hash(idempotency_key)}" if idempotency_key else job_id,
            digest=digest,
        )
        if self._run_soon("") >= MOST_WAITING:
            raise Unavailable("Too many jobs wait; try again in a moment.", code="jobs_full", retry_after=5)
        try:
            self._jobs.add(job)
        except Duplicate:
            return self._before(job)
        self._run_soon(job.id)
        return job

    def get(self, caller: Caller, job_id: str) -> GenerationJob:
        """The caller's job; ``NotFound`` for anybody else's, an admin included."""
        user_id = "" if caller.assistant else caller.actor.user_id
        assistant_id = caller.assistant.id if caller.assistant else ""
        job = self._jobs.get(user_id, assistant_id, job_id) if is_id(job_id) else None
        if job is None:
            raise NotFound
        return job

    def _before(self, job: GenerationJob) -> GenerationJob:
        before = self._jobs.by_key(job.key)
        if before is None:
            raise Unavailable(retry_after=1)  # it was forgotten in this moment
        if before.digest != job.digest:
            raise Conflict("This Idempotency-Key was sent with another request.", code="idempotency_key_used")
        return before


def _digest(asked: Asked) -> str:
    return _hash(json.dumps(asdict(asked), sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
