"""The admins' entries with their keys opened, for the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kit.crypto import Vault
from kit.errors import SettingsError
from kit.logging import get_logger
from models.catalogue import KeptEntry, ModelEntry
from repositories.model_entries import ModelEntryRepository

_log = get_logger("models")


class RecordedEntries:
    """Entries of the records; a key is opened only where the entry still leads to the place it is for."""

    def __init__(
        self, *, entries: ModelEntryRepository, vault: Vault, completed: Callable[[ModelEntry], ModelEntry]
    ) -> None:
        self._entries = entries
        self._vault = vault
        self._completed = completed

    def all(self) -> Iterator[ModelEntry]:
        """All of them, by name."""
        for kept in self._entries.each():
            yield self.opened(kept)

    def opened(self, kept: KeptEntry) -> ModelEntry:
        """An entry as it is asked, what the settings add to it included."""
        entry = self._completed(kept.entry)
        if not kept.sealed or kept.home != entry.key_home:
            return entry
        try:
            return replace(entry, api_key=self._vault.decrypt(kept.sealed))
        except SettingsError:
            _log.warning("model key cannot be opened", model=entry.name)
            return entry
