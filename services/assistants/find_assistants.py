"""Find assistants as the caller may see them."""

from __future__ import annotations

from kit.errors import NotFound
from kit.ids import is_id
from models.actors import Actor
from models.assistants import Assistant
from models.pages import Page
from repositories.assistants import AssistantRepository
from repositories.scope import Scope


class FindAssistants:
    """The one place that decides whether a caller sees an assistant, and so all that belongs to it."""

    def __init__(self, *, assistants: AssistantRepository) -> None:
        self._assistants = assistants

    def get(self, actor: Actor, assistant_id: str) -> Assistant:
        """The assistant, or ``NotFound``: somebody else's looks like one that does not exist."""
        assistant = self._assistants.by_id(assistant_id) if is_id(assistant_id) else None
        if assistant is None or not (actor.is_admin or assistant.owner_id == actor.user_id):
            raise NotFound
        return assistant

    def page(self, actor: Actor, limit: int, cursor: str) -> Page[Assistant]:
        """The caller's assistants, all of them for an admin; newest first."""
        return self._assistants.page(Scope.of(actor), limit, cursor)

    def count(self, actor: Actor) -> int:
        """How many assistants a list would give in all."""
        return self._assistants.count(Scope.of(actor))
