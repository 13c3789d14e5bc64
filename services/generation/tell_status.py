"""Tell whether answers can be had, and of which models."""

from __future__ import annotations

from dataclasses import dataclass

from services.llm.use_cases import ModelUseCases
from services.upkeep.check_health import CheckHealth

READY, DEGRADED = "ready", "degraded"


@dataclass(frozen=True)
class ModelState:
    """A model, who serves it, and whether it can be asked right now."""

    name: str
    provider: str
    ready: bool


class TellStatus:
    """Looks at the models and at what answers depend on; asks no model."""

    def __init__(self, *, models: ModelUseCases, health: CheckHealth) -> None:
        self._models = models
        self._health = health

    def status(self) -> str:
        """``degraded`` while the default model cannot be asked, or a dependency is down."""
        default = self._models.catalogue.find(self._models.catalogue.default_model)
        fine = default is not None and self._models.route.ready(default)
        return READY if fine and set(self._health.states().values()) <= {READY} else DEGRADED

    def models(self) -> list[ModelState]:
        """The models, the default first."""
        ready = self._models.route.ready
        return [
            ModelState(entry.name, entry.provider, ready(entry)) for entry in self._models.catalogue.entries()
        ]
