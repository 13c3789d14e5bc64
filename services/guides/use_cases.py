"""What the doors can ask of guides."""

from __future__ import annotations

from dataclasses import dataclass

from services.guides.find_guides import FindGuides
from services.guides.run_guide import RunGuide
from services.guides.write_guide import WriteGuide


@dataclass(frozen=True)
class GuideUseCases:
    """Texts with variables, and their versions."""

    find_guides: FindGuides
    write_guide: WriteGuide
    run_guide: RunGuide
