"""Whose a card or a quiz is that somebody has made, and which model makes it."""

from __future__ import annotations

from kit.errors import NotFound
from models.assistants import Assistant
from models.callers import Caller
from models.catalogue import OFFLINE, Provider
from repositories.assistants import AssistantRepository
from repositories.users import UserRepository
from services.assistants.check_models import check_named
from services.assistants.find_assistants import FindAssistants
from services.llm.catalogue import Catalogue


class Belonging:
    """What is made for an assistant is its owner's, and by its model where none is named."""

    def __init__(
        self,
        *,
        assistants: FindAssistants,
        all_assistants: AssistantRepository,
        users: UserRepository,
        catalogue: Catalogue,
    ) -> None:
        self._assistants = assistants
        self._all_assistants = all_assistants
        self._users = users
        self._catalogue = catalogue

    def assistant(self, caller: Caller, assistant_id: str) -> Assistant | None:
        """The one that a bot speaks for or a person names; ``NotFound`` for another's."""
        if caller.assistant is not None:
            if assistant_id not in ("", caller.assistant.id):
                raise NotFound
            return caller.assistant
        return self._assistants.get(caller.actor, assistant_id) if assistant_id else None

    def check_model(self, model: str) -> None:
        """``Invalid`` for a model that nobody serves; none named is the usual one."""
        check_named(self._catalogue, model)

    def model(self, assistant: Assistant | None, named: str) -> str:
        """The model that is meant."""
        return named or (assistant.settings.model if assistant else "") or self._catalogue.default_model

    def is_offline(self, model: str) -> bool:
        """Whether it is the built-in model, which makes nothing of its own."""
        entry = self._catalogue.find(model)
        return model == OFFLINE or (entry is not None and entry.provider is Provider.OFFLINE)

    def is_gone(self, owner_id: str, assistant_id: str) -> bool:
        """Whether owner or assistant was deleted in this moment: what is theirs goes with them."""
        if assistant_id:
            return self._all_assistants.by_id(assistant_id) is None
        return self._users.by_id(owner_id) is None


def owner_of(caller: Caller, assistant: Assistant | None) -> str:
    """Whose it is."""
    return assistant.owner_id if assistant else caller.actor.user_id
