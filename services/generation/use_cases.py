"""What the doors can ask of generation."""

from __future__ import annotations

from dataclasses import dataclass

from services.generation.generate import Generate
from services.generation.tell_status import TellStatus


@dataclass(frozen=True)
class GenerationUseCases:
    """Answers without a chat."""

    generate: Generate
    tell_status: TellStatus
