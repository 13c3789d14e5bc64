"""Ask for a push, and call it off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kit.clock import Clock
from kit.errors import Invalid, NotFound
from kit.ids import is_id, new_id
from models.actors import Actor
from models.assistants import Assistant
from models.pushes import Push, PushFilter, PushStatus
from repositories.assistants import AssistantRepository
from repositories.chats import ChatRepository
from repositories.guides import GuideRepository
from repositories.pushes import PushContactRepository, PushRepository
from repositories.scope import Scope
from services.guides.render_guide import render_guide

LATEST = timedelta(days=366)


class StartPush:
    """Writes a push down; the record alone is enough for it to be found and done in its time."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        chats: ChatRepository,
        guides: GuideRepository,
        pushes: PushRepository,
        contacts: PushContactRepository,
        clock: Clock,
        push_soon: Callable[[], None],
    ) -> None:
        self._assistants = assistants
        self._chats = chats
        self._guides = guides
        self._pushes = pushes
        self._contacts = contacts
        self._clock = clock
        self._push_soon = push_soon

    def start(
        self,
        actor: Actor,
        assistant: Assistant,
        *,
        text: str,
        guide_id: str,
        variables: Mapping[str, Any],
        wanted: PushFilter,
        at: datetime | None,
    ) -> Push:
        """A push of a text, or of a guide as it is now, that goes out at ``at`` or at once.

        ``NotFound`` for a guide or a chat that is not the assistant's, ``Invalid`` for what does not fit.
        """
        now = self._clock()
        message = self._message(assistant, text, guide_id, variables)
        if at is not None and at > now + LATEST:
            raise Invalid.field("at", "More than a year from now.")
        scope = Scope(assistant_id=assistant.id)
        if not all(is_id(one) and self._chats.get(scope, one) for one in wanted.chat_ids):
            raise NotFound
        push = Push(
            id=new_id(),
            assistant_id=assistant.id,
            owner_id=assistant.owner_id,
            text=message,
            guide_id=guide_id,
            filter=wanted,
            at=max(at or now, now),
            created_at=now,
            created_by=actor.name,
        )
        self._pushes.add(push)
        if self._assistants.by_id(assistant.id) is None:
            self._pushes.delete_all_of(assistant.id)
            raise NotFound  # the assistant was deleted in this moment
        self._push_soon()
        return push

    def cancel(self, push: Push) -> Push:
        """The push with what has not gone out called off; one that is over stays as it is."""
        now = self._clock()
        if not self._pushes.cancel(push, now):
            return self._pushes.get_any(push.id) or push
        self._contacts.cancel_waiting(push, now)
        after = self._pushes.get_any(push.id)
        return after or replace(push, status=PushStatus.CANCELLED, finished_at=now)

    def _message(self, assistant: Assistant, text: str, guide_id: str, variables: Mapping[str, Any]) -> str:
        if bool(text.strip()) is bool(guide_id):
            raise Invalid.field("text", "Give a text or a guide_id, one of the two.")
        if not guide_id:
            if variables:
                raise Invalid.field("variables", "Only a guide has variables.")
            return text
        guide = self._guides.get(assistant.id, guide_id) if is_id(guide_id) else None
        if guide is None:
            raise NotFound
        rendered = render_guide(guide, variables)
        if not rendered.strip():
            raise Invalid.field("variables", "The guide's text is empty with these.")
        return rendered
