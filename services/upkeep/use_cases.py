"""What the doors can ask of upkeep."""

from __future__ import annotations

from dataclasses import dataclass

from services.upkeep.check_health import CheckHealth
from services.upkeep.keep_consistent import KeepConsistent


@dataclass(frozen=True)
class UpkeepUseCases:
    """What keeps the three stores in agreement, and says how they are."""

    keep_consistent: KeepConsistent
    check_health: CheckHealth
