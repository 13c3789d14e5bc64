"""Have a prompt answered in the background."""

from __future__ import annotations

from kit.errors import NotFound
from kit.ids import is_id
from models.callers import Caller
from models.generation import Asked, GenerationJob
from repositories.generation_jobs import GenerationJobRepository
from services.generation.generate import Generate
from services.generation.queue_job import QueueJob


class StartGeneration:
    """Makes jobs of prompts, and shows jobs to who made them."""

    def __init__(self, *, generate: Generate, jobs: GenerationJobRepository, queue: QueueJob) -> None:
        self._generate = generate
        self._jobs = jobs
        self._queue = queue

    def start(self, caller: Caller, asked: Asked, idempotency_key: str = "") -> GenerationJob:
        """A queued job, after every refusal that the same request would have met at once."""
        assistant = self._generate.check(caller, asked)
        return self._queue.queue(caller, assistant.id if assistant else "", asked, idempotency_key)

    def get(self, caller: Caller, job_id: str) -> GenerationJob:
        """The caller's job; ``NotFound`` for anybody else's, an admin included."""
        user_id = "" if caller.assistant else caller.actor.user_id
        assistant_id = caller.assistant.id if caller.assistant else ""
        job = self._jobs.get(user_id, assistant_id, job_id) if is_id(job_id) else None
        if job is None:
            raise NotFound
        return job
