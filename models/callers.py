"""Who asks for a model's answer: a person, or the program of one assistant."""

from __future__ import annotations

from dataclasses import dataclass

from models.actors import Actor
from models.assistants import Assistant


@dataclass(frozen=True)
class Caller:
    """A checked credential; ``assistant`` is set, and alone decides, when it was an assistant's key."""

    actor: Actor
    assistant: Assistant | None = None

    @property
    def owner_id(self) -> str:
        """The person whom it costs."""
        return self.assistant.owner_id if self.assistant else self.actor.user_id

    @property
    def key_id(self) -> str:
        """The credential: that of a personal token, or of a sign-in; empty for an assistant's key."""
        return self.actor.token_id or self.actor.session_id
