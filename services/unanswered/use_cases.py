"""What the doors can ask of unanswered questions."""

from __future__ import annotations

from dataclasses import dataclass

from services.unanswered.find_unanswered import FindUnanswered


@dataclass(frozen=True)
class UnansweredUseCases:
    """What the documents did not answer."""

    find_unanswered: FindUnanswered
