"""Do the jobs that wait in the background, each at most once."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from kit.clock import Clock
from kit.errors import AppError, Unauthenticated
from models.actors import Actor, ActorKind
from models.assistants import Assistant
from models.callers import Caller
from models.cards import CardsDone, CardWanted
from models.generation import Generated, GenerationJob, JobError, JobStatus
from repositories.assistants import AssistantRepository
from repositories.generation_jobs import GenerationJobRepository
from repositories.users import UserRepository
from services.generation.generate import Generate
from services.generation.settle_job import done, failed

KEPT = timedelta(hours=24)
# Longer than any answer may take: who began it is gone.
BESIDE_MODEL_S = 300.0
INTERRUPTED = JobError(
    "interrupted", "The server ended while this was being answered; whether it cost anything is not known."
)


class CardWork(Protocol):
    """Makes the cards of a job."""

    def run(self, caller: Caller, assistant: Assistant | None, job: GenerationJob) -> CardsDone:
        """The cards that are wanted."""
        ...

    def made_by(self, job: GenerationJob) -> CardsDone | None:
        """Those that are kept of a job that was interrupted; ``None`` where there are none."""
        ...


class RunGeneration:
    """Does queued jobs. One that was begun and not ended is failed, never asked again: it may have cost money."""

    def __init__(
        self,
        *,
        generate: Generate,
        cards: CardWork,
        jobs: GenerationJobRepository,
        assistants: AssistantRepository,
        users: UserRepository,
        clock: Clock,
        longest_s: float,
    ) -> None:
        self._generate = generate
        self._cards = cards
        self._jobs = jobs
        self._assistants = assistants
        self._users = users
        self._clock = clock
        self._longest = timedelta(seconds=longest_s + BESIDE_MODEL_S)

    def run(self, job_id: str) -> None:
        """Do a job, unless it was begun already; what becomes of it stands in its record."""
        job = self._jobs.get_any(job_id)
        if job is None or job.status is not JobStatus.QUEUED or not self._jobs.begin(job, self._clock()):
            return
        try:
            result = self._done(job)
        except AppError as problem:
            self._jobs.finish(failed(job, problem, self._clock()))
        except BaseException as problem:  # whatever it is, whoever waits for the job is told
            self._jobs.finish(failed(job, problem, self._clock()))
            raise
        else:
            self._jobs.finish(done(job, result, self._clock()))

    def recover(self, *, all_are_dead: bool = False) -> list[str]:
        """The ids of the queued jobs; those whose process is gone are failed, and old ones forgotten.

        ``all_are_dead``: at the start of the only process that runs them, whatever was begun.
        """
        queued = []
        for job in self._jobs.open_jobs():
            begun = job.started_at or job.created_at
            if job.status is JobStatus.QUEUED:
                queued.append(job.id)
            elif all_are_dead or begun + self._longest < self._clock():
                self._interrupted(job)
        self._jobs.forget_before(self._clock() - KEPT)
        return queued

    def _done(self, job: GenerationJob) -> Generated | CardsDone:
        assistant = self._assistant(job)
        caller = self._caller(job, assistant)
        if isinstance(job.asked, CardWanted):
            return self._cards.run(caller, assistant, job)
        return self._generate.answer(caller, assistant, job.asked)

    def _interrupted(self, job: GenerationJob) -> None:
        made = self._cards.made_by(job) if isinstance(job.asked, CardWanted) else None
        now = self._clock()
        self._jobs.finish(done(job, made, now) if made else failed(job, INTERRUPTED, now))

    def _assistant(self, job: GenerationJob) -> Assistant | None:
        if not job.assistant_id:
            return None
        assistant = self._assistants.by_id(job.assistant_id)
        if assistant is None:
            raise Unauthenticated("The assistant is gone.")
        return assistant

    def _caller(self, job: GenerationJob, assistant: Assistant | None) -> Caller:
        """Who asked, if they still may."""
        user = self._users.by_id(job.user_id or (assistant.owner_id if assistant else ""))
        if user is None or not user.active:
            raise Unauthenticated("The account is not active.")
        if assistant is not None and not job.user_id:
            return Caller(Actor(kind=ActorKind.BOT, assistant_id=assistant.id), assistant)
        return Caller(
            Actor(
                kind=ActorKind.PERSON,
                user_id=user.id,
                name=user.name,
                role=user.role,
                token_id=job.token_id,
            )
        )
