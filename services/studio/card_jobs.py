"""Make cards behind a request that does not wait for them any longer."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

from kit.clock import Clock
from kit.errors import AppError
from kit.logging import get_logger
from kit.workplaces import away, carried
from models.assistants import Assistant
from models.callers import Caller
from models.cards import CardsDone, CardWanted, NoCard
from models.generation import GenerationJob, JobStatus
from repositories.cards import CardRepository
from repositories.generation_jobs import GenerationJobRepository
from repositories.scope import WHOLE
from services.generation.queue_job import QueueJob
from services.generation.run_generation import INTERRUPTED
from services.generation.settle_job import done, failed
from services.studio.make_card import MOST_MODELS, CardsMade, MakeCard

PROGRESS_BEGUN = 10
_log = get_logger("jobs")


class MakeCardInTime:
    """Waits for cards for a while; of what takes longer it gives the job, and the cards are made all the same."""

    def __init__(
        self,
        *,
        make_card: MakeCard,
        jobs: GenerationJobRepository,
        queue: QueueJob,
        clock: Clock,
        wait_s: float,
    ) -> None:
        self._make_card = make_card
        self._jobs = jobs
        self._queue = queue
        self._clock = clock
        self._wait_s = wait_s

    def start(self, caller: Caller, wanted: CardWanted, idempotency_key: str = "") -> GenerationJob:
        """A queued job, after every refusal that the same request would have met at once."""
        assistant = self._make_card.check(caller, wanted)
        return self._queue.queue(caller, assistant.id if assistant else "", wanted, idempotency_key)

    def make(self, caller: Caller, wanted: CardWanted) -> CardsMade | GenerationJob:
        """The cards, or after the wait the job that goes on making them."""
        assistant = self._make_card.check(caller, wanted)
        job = self._queue.new(caller, assistant.id if assistant else "", wanted)
        ids = card_ids(job)
        if self._make_card.is_plain(assistant, wanted):
            return self._make_card.make(caller, assistant, wanted, ids)
        run = _Run()

        def work() -> None:
            try:
                run.made = self._make_card.make(caller, assistant, wanted, ids)
            except BaseException as problem:  # noqa: BLE001  # it is raised where it is waited for, or stands in the job
                run.problem = problem
            with run.settling:
                run.is_over.set()
                if run.job is not None:
                    self._settle(run.job, run)

        threading.Thread(target=carried(work), name="cards", daemon=True).start()
        with away():
            run.is_over.wait(self._wait_s)
        with run.settling:
            if not run.is_over.is_set():
                now = self._clock()
                run.job = replace(job, status=JobStatus.RUNNING, progress=PROGRESS_BEGUN, started_at=now)
                self._jobs.add(run.job)
                return run.job
        if run.made is None:
            raise run.problem or RuntimeError("cards were neither made nor refused")
        return run.made

    def _settle(self, job: GenerationJob, run: _Run) -> None:
        problem = run.problem or RuntimeError()
        if run.made is not None:
            over = done(job, cards_done(run.made, job.asked), self._clock())
        else:
            over = failed(job, problem, self._clock())
            if not isinstance(problem, AppError):
                _log.error("cards failed", job_id=job.id, exc_info=problem)
        try:
            self._jobs.finish(over)
        except AppError as outage:  # the cards are kept: the job finds them once it is found interrupted
            _log.warning("job not settled", job_id=job.id, code=outage.error_code)


class CardJobs:
    """Does the jobs that were queued, and finds what became of those that were interrupted."""

    def __init__(self, *, make_card: MakeCard, cards: CardRepository) -> None:
        self._make_card = make_card
        self._cards = cards

    def run(self, caller: Caller, assistant: Assistant | None, job: GenerationJob) -> CardsDone:
        """The cards that are wanted, each under an id that follows from the job's."""
        wanted = _wanted(job)
        made = self._make_card.make(caller, assistant, wanted, card_ids(job), takes_slot=False)
        return cards_done(made, wanted)

    def made_by(self, job: GenerationJob) -> CardsDone | None:
        """The cards that are kept of a job that was interrupted, so that nobody has to make them again."""
        wanted, ids = _wanted(job), card_ids(job)
        kept = tuple(one for one in ids if self._cards.get(WHOLE, one) is not None)
        if not kept:
            return None
        failed_ = (
            NoCard(model, INTERRUPTED.code, INTERRUPTED.message)
            for model, one in zip(wanted.models, ids, strict=False)
            if one not in kept
        )
        return CardsDone(kept, tuple(failed_), several=len(wanted.models) > 1)


class _Run:
    """Cards being made; ``settling`` is held by whoever says what becomes of them."""

    def __init__(self) -> None:
        self.settling = threading.Lock()
        self.is_over = threading.Event()
        self.made: CardsMade | None = None
        self.problem: BaseException | None = None
        self.job: GenerationJob | None = None


def card_ids(job: GenerationJob) -> tuple[str, ...]:
    """The ids of a job's cards: the job's own, and for more models others that follow from it."""
    others = (
        job.id[:8] + hashlib.sha256(f"{job.id}:{n}".encode()).hexdigest()[:16] for n in range(1, MOST_MODELS)
    )
    return (job.id, *others)[: len(_wanted(job).models)]


def cards_done(made: CardsMade, wanted: object) -> CardsDone:
    """What a job keeps of what was made."""
    several = isinstance(wanted, CardWanted) and len(wanted.models) > 1
    failed_ = (NoCard(one.model, one.problem.error_code, one.problem.sentence) for one in made.failed)
    return CardsDone(tuple(one.id for one in made.cards), tuple(failed_), several)


def _wanted(job: GenerationJob) -> CardWanted:
    if not isinstance(job.asked, CardWanted):
        raise TypeError("not a job for cards")
    return job.asked
