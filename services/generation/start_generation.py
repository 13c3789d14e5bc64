"""Have a prompt answered in the background."""

from __future__ import annotations

from kit.errors import NotFound
from kit.ids import is_id
from models.callers import Caller
from models.generation import Asked, GenerationJob
from repositories.generation_jobs import GenerationJobRepository
from services.assistants.find_assistants import FindAssistants
from services.generation.generate import Generate
from services.generation.queue_job import QueueJob


class StartGeneration:
    """Makes jobs of prompts, and shows jobs to whom they belong."""

    def __init__(
        self,
        *,
        generate: Generate,
        assistants: FindAssistants,
        jobs: GenerationJobRepository,
        queue: QueueJob,
    ) -> None:
        self._generate = generate
        self._assistants = assistants
        self._jobs = jobs
        self._queue = queue

    def start(self, caller: Caller, asked: Asked, idempotency_key: str = "") -> GenerationJob:
        """A queued job, after every refusal that the same request would have met at once."""
        assistant = self._generate.check(caller, asked)
        return self._queue.queue(caller, assistant.id if assistant else "", asked, idempotency_key)

    def get(self, caller: Caller, job_id: str) -> GenerationJob:
        """The caller's job, or one that a bot of their assistant has made; an admin's is everybody's.

        ``NotFound`` for anybody else's.
        """
        if not is_id(job_id):
            raise NotFound
        user_id = "" if caller.assistant else caller.actor.user_id
        assistant_id = caller.assistant.id if caller.assistant else ""
        job = self._jobs.get(user_id, assistant_id, job_id)
        return job if job is not None else self._of_others(caller, job_id)

    def _of_others(self, caller: Caller, job_id: str) -> GenerationJob:
        job = self._jobs.get_any(job_id) if caller.assistant is None else None
        if job is None or (job.user_id and not caller.actor.is_admin):
            raise NotFound
        if not job.user_id:
            self._assistants.get(caller.actor, job.assistant_id)
        return job
