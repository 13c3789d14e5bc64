"""Find guides as the caller may see them: what an assistant's members and its bot may do with it decides."""

from __future__ import annotations

from collections.abc import Iterable

from kit.errors import NotFound
from kit.ids import is_id
from models.actors import Actor
from models.assistants import Assistant
from models.callers import Caller
from models.guides import Guide
from models.pages import Page, merge_pages
from repositories.guides import GuideRepository, GuideVersionRepository
from repositories.scope import Scope
from services.assistants.find_assistants import FindAssistants


class FindGuides:
    """Reads guides and their versions."""

    def __init__(
        self, *, guides: GuideRepository, versions: GuideVersionRepository, assistants: FindAssistants
    ) -> None:
        self._guides = guides
        self._versions = versions
        self._assistants = assistants

    def get(self, caller: Caller, guide_id: str) -> Guide:
        """The guide, for what the call does; ``NotFound`` for one of an assistant that is not the caller's."""
        guide = self._guides.get_any(guide_id) if is_id(guide_id) else None
        if guide is None:
            raise NotFound
        self.assistant(caller, guide.assistant_id)
        return guide

    def assistant(self, caller: Caller, assistant_id: str) -> Assistant:
        """The assistant, if it is the caller's to use in this call. Else ``NotFound``."""
        if caller.assistant is None:
            return self._assistants.get(caller.actor, assistant_id)
        if caller.assistant.id != assistant_id:
            raise NotFound
        return caller.assistant

    def of_person(self, actor: Actor, guide_id: str) -> Guide:
        """As ``get``, for a person."""
        return self.get(Caller(actor), guide_id)

    def page(self, caller: Caller, assistant_id: str, limit: int, cursor: str) -> Page[Guide]:
        """The guides of one assistant, or of all that the caller may see, newest first."""
        pages = (self._guides.page(one, limit, cursor) for one in self._scopes(caller, assistant_id))
        return merge_pages(pages, limit, lambda guide: guide.id)

    def count(self, caller: Caller, assistant_id: str) -> int:
        """How many guides a list would give in all."""
        return sum(self._guides.count(one) for one in self._scopes(caller, assistant_id))

    def versions(self, guide: Guide, limit: int, cursor: str) -> Page[Guide]:
        """Every version of a guide, the one it has now first."""
        if cursor:
            return self._versions.page(guide, limit, cursor)
        before = self._versions.page(guide, limit)
        if len(before.items) < limit:
            return Page((guide, *before.items))
        kept = before.items[: limit - 1]
        return Page((guide, *kept), f"{guide.id}{(kept[-1] if kept else guide).version:08}")

    def count_versions(self, guide: Guide) -> int:
        """How many versions a guide has had."""
        return guide.version

    def _scopes(self, caller: Caller, assistant_id: str) -> Iterable[Scope]:
        if caller.assistant is None:
            return self._assistants.scopes(caller.actor, assistant_id)
        return [Scope(assistant_id=self.assistant(caller, assistant_id or caller.assistant.id).id)]
