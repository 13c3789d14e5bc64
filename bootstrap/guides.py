"""How the use cases of guides are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.generation.use_cases import GenerationUseCases
from services.guides.find_guides import FindGuides
from services.guides.run_guide import RunGuide
from services.guides.use_cases import GuideUseCases
from services.guides.write_guide import WriteGuide


def build(parts: Parts, shared: Shared, generation: GenerationUseCases) -> GuideUseCases:
    """Guides, their versions, and what a model makes of them."""
    records = parts.repositories
    return GuideUseCases(
        find_guides=FindGuides(
            guides=records.guides, versions=records.guide_versions, assistants=shared.find_assistants
        ),
        write_guide=WriteGuide(guides=records.guides, versions=records.guide_versions, clock=utc_now),
        run_guide=RunGuide(generate=generation.generate),
    )
