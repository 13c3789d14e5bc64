"""Find model calls in the request log."""

from __future__ import annotations

from models.actors import Actor
from models.pages import Page
from models.usage import CallFilter, ModelCall
from repositories.model_calls import ModelCallRepository
from repositories.scope import Scope
from services.assistants.find_assistants import FindAssistants
from services.usage.record_calls import RecordCalls


class FindCalls:
    """Calls of the assistants that the caller owns, and of their own programs; an admin sees everybody's."""

    def __init__(
        self, *, calls: ModelCallRepository, assistants: FindAssistants, record: RecordCalls
    ) -> None:
        self._calls = calls
        self._assistants = assistants
        self._record = record

    def page(self, actor: Actor, wanted: CallFilter, limit: int, cursor: str) -> Page[ModelCall]:
        """Calls, newest first; ``NotFound`` for an assistant that is not the caller's."""
        scope = self._scope(actor, wanted)
        self._record.flush_calls()
        return self._calls.page(scope, wanted, limit, cursor)

    def count(self, actor: Actor, wanted: CallFilter) -> int:
        """How many calls a list would give in all."""
        return self._calls.count(self._scope(actor, wanted), wanted)

    def _scope(self, actor: Actor, wanted: CallFilter) -> Scope:
        if wanted.assistant_id:
            return Scope(assistant_id=self._assistants.get(actor, wanted.assistant_id).id)
        return Scope.of(actor)
