"""How the use cases of generation are put together."""

from __future__ import annotations

from bootstrap.shared import Shared
from services.generation.converse import Converse
from services.generation.embed_texts import EmbedTexts
from services.generation.generate import Generate
from services.generation.tell_status import TellStatus
from services.generation.use_cases import GenerationUseCases
from services.upkeep.check_health import CheckHealth


def build(shared: Shared, health: CheckHealth) -> GenerationUseCases:
    """Answers without a chat."""
    generate = Generate(
        complete=shared.models.complete,
        catalogue=shared.models.catalogue,
        ground=shared.ground,
        assistants=shared.find_assistants,
        turns=shared.turns,
    )
    return GenerationUseCases(
        generate=generate,
        converse=Converse(
            complete=shared.models.complete,
            catalogue=shared.models.catalogue,
            ground=shared.ground,
            turns=shared.turns,
        ),
        embed_texts=EmbedTexts(embedders=shared.embedders, turns=shared.turns),
        tell_status=TellStatus(models=shared.models, health=health),
    )
