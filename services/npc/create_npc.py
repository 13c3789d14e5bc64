"""Make an NPC: an assistant with a persona that every holder of a personal API token may talk to."""

from __future__ import annotations

from models.actors import Actor
from models.assistants import Assistant, AssistantSettings, Persona
from services.assistants.add_assistant import AddAssistant

LONGEST_NAME = 60


class CreateNpc:
    """Makes NPCs."""

    def __init__(self, *, add_assistant: AddAssistant) -> None:
        self._add_assistant = add_assistant

    def create(
        self, actor: Actor, persona: Persona, *, name: str, model: str, has_scratchpad: bool
    ) -> Assistant:
        """The NPC, an assistant of the caller's; without a ``name`` its description's first words are it."""
        settings = AssistantSettings(persona=persona, has_scratchpad=has_scratchpad, model=model)
        named = name.strip() or " ".join(persona.char_descr.split())[:LONGEST_NAME]
        return self._add_assistant.add(actor, named, "", settings, is_npc=True)
