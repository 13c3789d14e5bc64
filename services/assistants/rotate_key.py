"""Give an assistant another key."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.clock import Clock
from kit.crypto import Vault
from kit.errors import Conflict, NotFound
from models.assistants import Assistant
from repositories.assistants import AssistantRepository
from repositories.old_keys import OldKeyRepository
from services.assistants.keys import make_key

LONGEST_OVERLAP = timedelta(days=90)


class RotateKey:
    """Replaces an assistant's key, at once or with an overlap, and opens the sealed one for its owner."""

    def __init__(
        self, *, assistants: AssistantRepository, old_keys: OldKeyRepository, vault: Vault, clock: Clock
    ) -> None:
        self._assistants = assistants
        self._old_keys = old_keys
        self._vault = vault
        self._clock = clock

    def rotate(self, assistant: Assistant, overlap: timedelta = timedelta(0)) -> tuple[str, datetime | None]:
        """The new key, and until when the old one works beside it.

        Without an overlap every earlier key is dead at once. ``Conflict`` when another rotation came between,
        ``NotFound`` when the assistant is gone.
        """
        now = self._clock()
        until = now + overlap if overlap else None
        if until:
            # Said before the new key is in force: there is no moment at which the old one is refused.
            self._old_keys.put(assistant.id, assistant.key_hash, until)
            self._old_keys.delete_outdated(assistant.id, now)
            until = self._old_keys.latest(assistant.id)
        else:
            self._old_keys.delete_all_of(assistant.id)
        key_hash, key_sealed = make_key(self._vault)
        if not self._assistants.set_key(assistant, key_hash, key_sealed, at=now, old_until=until):
            current = self._assistants.by_id(assistant.id)
            if current is None:
                raise NotFound
            if current.old_key_until is None:  # the other one ended all that was before
                self._old_keys.delete_all_of(assistant.id)
            raise Conflict("The key was rotated at the same moment.", code="rotated_meanwhile")
        return self._vault.decrypt(key_sealed), until

    def end_overlap(self, assistant: Assistant) -> None:
        """End every key from before the one in force, at once."""
        self._old_keys.delete_all_of(assistant.id)
        self._assistants.set_old_key_until(assistant.id, None)

    def key_of(self, assistant: Assistant) -> str:
        """The key in force, as its owner is shown it; empty once ENCRYPTION_KEY is another: then rotate it."""
        return self._vault.shown(assistant.key_sealed)

    def old_key_until(self, assistant: Assistant) -> datetime | None:
        """Until when a key from before works, ``None`` when none does any more."""
        until = assistant.old_key_until
        return until if until and until > self._clock() else None
