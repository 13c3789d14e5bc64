"""How the use cases of the NPC gateway are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.assistants.use_cases import AssistantUseCases
from services.chats.use_cases import ChatUseCases
from services.npc.create_npc import CreateNpc
from services.npc.sessions import NpcSessions
from services.npc.use_cases import NpcUseCases


def build(parts: Parts, shared: Shared, assistants: AssistantUseCases, chats: ChatUseCases) -> NpcUseCases:
    """NPCs, and talking to them."""
    records = parts.repositories
    return NpcUseCases(
        create_npc=CreateNpc(add_assistant=assistants.add_assistant),
        sessions=NpcSessions(
            assistants=records.assistants,
            find_assistants=shared.find_assistants,
            sessions=records.npc_sessions,
            messages=records.messages,
            answer_message=chats.answer_message,
            catalogue=shared.metered.models.catalogue,
            clock=utc_now,
        ),
    )
