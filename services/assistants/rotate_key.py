"""Give an assistant another key."""

from __future__ import annotations

from kit.clock import Clock
from kit.crypto import Vault
from kit.errors import NotFound
from models.assistants import Assistant
from repositories.assistants import AssistantRepository
from services.assistants.keys import make_key


class RotateKey:
    """Replaces an assistant's key, and opens the sealed one for its owner."""

    def __init__(self, *, assistants: AssistantRepository, vault: Vault, clock: Clock) -> None:
        self._assistants = assistants
        self._vault = vault
        self._clock = clock

    def rotate(self, assistant: Assistant) -> str:
        """The new key; the old one is dead at once."""
        key_hash, key_sealed = make_key(self._vault)
        if not self._assistants.set_key(assistant.id, key_hash, key_sealed, self._clock()):
            raise NotFound
        return self._vault.decrypt(key_sealed)

    def key_of(self, assistant: Assistant) -> str:
        """The key in force, as its owner is shown it."""
        return self._vault.decrypt(assistant.key_sealed)
