"""Find assistants as the caller may see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from kit.errors import Forbidden, NotFound
from kit.ids import is_id
from models.actors import Actor
from models.assistants import Assistant
from models.members import AssistantRole
from models.pages import Page, merge_pages
from repositories.assistants import AssistantRepository
from repositories.members import MemberRepository
from repositories.scope import Scope

T = TypeVar("T")


class FindAssistants:
    """The one place that decides what a caller may do with an assistant, and so with all that belongs to it."""

    def __init__(self, *, assistants: AssistantRepository, members: MemberRepository) -> None:
        self._assistants = assistants
        self._members = members

    def get(self, actor: Actor, assistant_id: str) -> Assistant:
        """The assistant, for what the call does (``actor.access``).

        ``NotFound`` to whom it is no business of: somebody else's looks like one that does not exist.
        ``Forbidden`` to whose role on it does not go that far.
        """
        assistant = self._assistants.by_id(assistant_id) if is_id(assistant_id) else None
        role = self.role(actor, assistant) if assistant else None
        if assistant is None or role is None:
            raise NotFound
        if role.access < actor.access:
            raise Forbidden(f"Your role on this assistant ({role}) does not go that far.")
        return assistant

    def role(self, actor: Actor, assistant: Assistant) -> AssistantRole | None:
        """What the caller is to the assistant, ``None`` for a stranger."""
        if assistant.owner_id == actor.user_id:
            return AssistantRole.OWNER
        if actor.is_admin:
            return AssistantRole.ADMIN
        return self._members.role(actor.user_id, assistant.id) if actor.user_id else None

    def scopes(self, actor: Actor, assistant_id: str = "") -> Iterator[Scope]:
        """Where everything lies that the caller may see: what they own, then each assistant they have a role on.

        Roles are read when what comes after the first is asked for. Where an assistant is named, it is the only
        place, and refused as ``get`` refuses it.
        """
        if assistant_id:
            yield Scope(assistant_id=self.get(actor, assistant_id).id)
            return
        yield Scope.of(actor)
        yield from (Scope(assistant_id=one) for one in sorted(self._shared(actor)))

    def first_seen(self, actor: Actor, record_id: str, get: Callable[[Scope, str], T | None]) -> T | None:
        """What ``get`` finds under this id, where the caller may see it; ``None`` too for what is no id."""
        scopes = self.scopes(actor) if is_id(record_id) else ()
        found = (get(one, record_id) for one in scopes)
        return next((one for one in found if one is not None), None)

    def page(self, actor: Actor, limit: int, cursor: str) -> Page[tuple[Assistant, AssistantRole]]:
        """The caller's assistants and those they have a role on (an admin: all), newest first, with the role."""
        shared = self._shared(actor)
        page = self._assistants.page(Scope.of(actor), limit, cursor)
        if shared:
            wanted = sorted((one for one in shared if not cursor or one < cursor), reverse=True)
            others = tuple(self._assistants.by_ids(wanted))
            more = others[limit - 1].id if len(others) > limit else ""
            page = merge_pages((page, Page(others[:limit], more)), limit, lambda one: one.id)
        return page.map(lambda one: (one, _role(actor, one, shared)))

    def count(self, actor: Actor) -> int:
        """How many assistants a list would give in all."""
        shared = self._assistants.by_ids(list(self._shared(actor)))
        return self._assistants.count(Scope.of(actor)) + sum(one.owner_id != actor.user_id for one in shared)

    def _shared(self, actor: Actor) -> dict[str, AssistantRole]:
        return {} if actor.is_admin or not actor.user_id else self._members.of_user(actor.user_id)


def _role(actor: Actor, assistant: Assistant, shared: dict[str, AssistantRole]) -> AssistantRole:
    if assistant.owner_id == actor.user_id:
        return AssistantRole.OWNER
    return shared.get(assistant.id, AssistantRole.ADMIN)
