"""What the doors can ask of the NPC gateway."""

from __future__ import annotations

from dataclasses import dataclass

from services.npc.create_npc import CreateNpc
from services.npc.sessions import NpcSessions


@dataclass(frozen=True)
class NpcUseCases:
    """NPCs, and talking to them."""

    create_npc: CreateNpc
    sessions: NpcSessions
