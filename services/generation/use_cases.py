"""What the doors can ask of generation."""

from __future__ import annotations

from dataclasses import dataclass

from services.generation.converse import Converse
from services.generation.embed_texts import EmbedTexts
from services.generation.generate import Generate
from services.generation.tell_status import TellStatus


@dataclass(frozen=True)
class GenerationUseCases:
    """Answers without a chat."""

    generate: Generate
    converse: Converse
    embed_texts: EmbedTexts
    tell_status: TellStatus
