"""How the counters of this process are put together."""

from __future__ import annotations

from collections.abc import Callable

from bootstrap.records import Repositories
from integrations.metrics import Metrics
from kit.clock import utc_now
from models.jobs import JobKind
from models.usage import LIMIT_MESSAGE
from services.chats.turn_queue import TurnQueue
from services.llm.use_cases import ModelUseCases
from services.upkeep.count_jobs import CountJobs


def build(
    records: Repositories,
    models: ModelUseCases,
    embedder: str,
    turns: TurnQueue,
    count_calls: Callable[[], None],
) -> Metrics:
    """Counters of this process, and what is open in the installation.

    ``embedder`` is a model's name too; ``count_calls`` brings the counters up to date.
    """
    catalogue, route = models.catalogue, models.route
    jobs = CountJobs(
        open_jobs={
            JobKind.DOCUMENT: records.documents.open_work,
            JobKind.GOLDEN_RUN: records.golden_runs.open_work,
            JobKind.GENERATION: records.generation_jobs.open_work,
            JobKind.WEBHOOK: lambda most: records.deliveries.open_work(utc_now(), most),
            JobKind.PICTURE: records.cards.open_work,
            JobKind.PUSH: lambda most: records.pushes.open_work(utc_now(), most),
        },
        clock=utc_now,
    )
    return Metrics(
        known=lambda name: name in catalogue.known() or name in (LIMIT_MESSAGE, embedder),
        ready=lambda: {name: route.ready(entry) for name, entry in catalogue.known().items()},
        jobs=jobs,
        under_way=lambda: turns.under_way,
        count_calls=count_calls,
    )
