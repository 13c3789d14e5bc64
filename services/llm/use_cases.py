"""What the doors, and other use cases, can ask of language models."""

from __future__ import annotations

from dataclasses import dataclass

from services.llm.base import Model
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt
from services.llm.manage_models import ManageModels


@dataclass(frozen=True)
class ModelUseCases:
    """The catalogue and the one way to ask a model.

    ``complete`` is the outermost model, with everything wrapped around it; ``route`` the one within that
    chooses, and knows which models rest. ``manage`` is for admins.
    """

    catalogue: Catalogue
    complete: Model
    route: CompletePrompt
    manage: ManageModels
