"""Find pushes as the caller may see them."""

from __future__ import annotations

from dataclasses import replace

from kit.errors import NotFound
from kit.ids import is_id
from models.actors import Actor
from models.pages import Page, merge_pages
from models.pushes import Outcome, Push, PushContact, PushStatus
from repositories.pushes import PushContactRepository, PushRepository
from services.assistants.find_assistants import FindAssistants


class FindPushes:
    """Reads pushes and what became of their contacts."""

    def __init__(
        self, *, pushes: PushRepository, contacts: PushContactRepository, assistants: FindAssistants
    ) -> None:
        self._pushes = pushes
        self._contacts = contacts
        self._assistants = assistants

    def get(self, actor: Actor, push_id: str) -> Push:
        """The push, for what the call does; ``NotFound`` for one of an assistant that is not the caller's."""
        push = self._pushes.get_any(push_id) if is_id(push_id) else None
        if push is None:
            raise NotFound
        self._assistants.get(actor, push.assistant_id)
        return push

    def page(self, actor: Actor, assistant_id: str, limit: int, cursor: str) -> Page[Push]:
        """The pushes of one assistant, or of all that the caller may see, newest first."""
        pages = (
            self._pushes.page(one, limit, cursor) for one in self._assistants.scopes(actor, assistant_id)
        )
        return merge_pages(pages, limit, lambda push: push.id)

    def count(self, actor: Actor, assistant_id: str) -> int:
        """How many pushes a list would give in all."""
        return sum(self._pushes.count(one) for one in self._assistants.scopes(actor, assistant_id))

    def contacts(self, push: Push, limit: int, cursor: str) -> Page[PushContact]:
        """A push's contacts with what became of each."""
        page = self._contacts.page(push, limit, cursor)
        if push.status is not PushStatus.CANCELLED:
            return page
        return page.map(
            lambda one: replace(one, outcome=Outcome.CANCELLED) if one.outcome is Outcome.WAITING else one
        )

    def count_contacts(self, push: Push) -> int:
        """How many contacts a push has."""
        return self._contacts.count(push)
