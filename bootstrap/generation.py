"""How the use cases of generation are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.generation.converse import Converse
from services.generation.embed_texts import EmbedTexts
from services.generation.generate import Generate
from services.generation.queue_job import QueueJob
from services.generation.run_generation import CardWork, RunGeneration
from services.generation.start_generation import StartGeneration
from services.generation.tell_status import TellStatus
from services.generation.use_cases import GenerationUseCases
from services.limits.limit_embedding import LimitEmbedding
from services.structured.ask_structured import REPAIRS
from services.upkeep.check_health import CheckHealth


def build(parts: Parts, shared: Shared, health: CheckHealth, cards: CardWork) -> GenerationUseCases:
    """Answers without a chat."""
    records = parts.repositories
    generate = Generate(
        complete=shared.metered.models.complete,
        catalogue=shared.metered.models.catalogue,
        ground=shared.ground,
        assistants=shared.find_assistants,
        turns=shared.turns,
    )
    return GenerationUseCases(
        generate=generate,
        start_generation=StartGeneration(
            generate=generate,
            assistants=shared.find_assistants,
            jobs=records.generation_jobs,
            queue=QueueJob(jobs=records.generation_jobs, clock=utc_now, run_soon=parts.generate_soon),
        ),
        run_generation=RunGeneration(
            generate=generate,
            cards=cards,
            jobs=records.generation_jobs,
            assistants=records.assistants,
            users=records.users,
            clock=utc_now,
            longest_s=parts.settings.llm_timeout_s * (REPAIRS + 1),
        ),
        converse=Converse(
            complete=shared.metered.models.complete,
            catalogue=shared.metered.models.catalogue,
            ground=shared.ground,
            turns=shared.turns,
        ),
        embed_texts=EmbedTexts(
            embedders=shared.knowledge.embedders,
            turns=shared.turns,
            limit=LimitEmbedding(
                requests=shared.metered.limits.requests,
                budgets=shared.metered.limits.budgets,
                keys=shared.metered.limits.keys,
                price=shared.metered.models.catalogue.embedder,
                record=shared.metered.record_call,
                clock=utc_now,
                on_reached=shared.metered.metrics.limited,
            ),
        ),
        tell_status=TellStatus(models=shared.metered.models, health=health),
    )
