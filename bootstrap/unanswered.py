"""How the use cases of unanswered questions are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from services.unanswered.find_unanswered import FindUnanswered
from services.unanswered.use_cases import UnansweredUseCases


def build(parts: Parts, shared: Shared) -> UnansweredUseCases:
    """What the documents did not answer."""
    return UnansweredUseCases(
        find_unanswered=FindUnanswered(
            groups=parts.repositories.unanswered_groups, group=shared.group_unanswered
        )
    )
