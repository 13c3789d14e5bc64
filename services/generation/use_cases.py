"""What the doors can ask of generation."""

from __future__ import annotations

from dataclasses import dataclass

from services.generation.converse import Converse
from services.generation.embed_texts import EmbedTexts
from services.generation.generate import Generate
from services.generation.run_generation import RunGeneration
from services.generation.start_generation import StartGeneration
from services.generation.tell_status import TellStatus


@dataclass(frozen=True)
class GenerationUseCases:
    """Answers without a chat."""

    generate: Generate
    start_generation: StartGeneration
    run_generation: RunGeneration
    converse: Converse
    embed_texts: EmbedTexts
    tell_status: TellStatus
