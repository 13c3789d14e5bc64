"""How the use cases of pushes are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.pushes.find_pushes import FindPushes
from services.pushes.run_push import RunPush
from services.pushes.start_push import StartPush
from services.pushes.use_cases import PushUseCases


def build(parts: Parts, shared: Shared) -> PushUseCases:
    """Messages to many of an assistant's contacts."""
    records = parts.repositories
    return PushUseCases(
        start_push=StartPush(
            assistants=records.assistants,
            chats=records.chats,
            guides=records.guides,
            pushes=records.pushes,
            contacts=records.push_contacts,
            clock=utc_now,
            push_soon=parts.push_soon,
        ),
        find_pushes=FindPushes(
            pushes=records.pushes, contacts=records.push_contacts, assistants=shared.find_assistants
        ),
        run_push=RunPush(
            chats=records.chats,
            messages=records.messages,
            outbox=records.outbox,
            pushes=records.pushes,
            contacts=records.push_contacts,
            announce=shared.announce_event,
            clock=utc_now,
        ),
    )
