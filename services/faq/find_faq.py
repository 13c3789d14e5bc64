"""Find and delete curated answers; whoever asks has been shown the assistant already."""

from __future__ import annotations

from kit.errors import NotFound
from kit.ids import is_id
from models.assistants import Assistant
from models.faq import FaqEntry
from models.pages import Page
from repositories.faq import FaqRepository
from services.faq.write_entry import WriteEntry


class FindFaq:
    """Lists an assistant's curated answers, and deletes them."""

    def __init__(self, *, entries: FaqRepository, write: WriteEntry) -> None:
        self._entries = entries
        self._write = write

    def page(self, assistant: Assistant, limit: int, cursor: str) -> Page[FaqEntry]:
        """An assistant's entries, newest first."""
        return self._entries.page(assistant.id, limit, cursor)

    def count(self, assistant: Assistant) -> int:
        """How many entries an assistant has."""
        return self._entries.count(assistant.id)

    def delete(self, assistant: Assistant, entry_id: str) -> None:
        """Remove an entry, or ``NotFound``."""
        entry = self._entries.get(assistant.id, entry_id) if is_id(entry_id) else None
        if entry is None or not self._write.remove(entry):
            raise NotFound
