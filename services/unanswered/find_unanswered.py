"""Find what the documents did not answer; whoever asks has been shown the assistant already."""

from __future__ import annotations

from kit.errors import NotFound
from kit.ids import is_id
from models.assistants import Assistant
from models.pages import Page
from models.unanswered import UnansweredGroup
from repositories.unanswered import UnansweredGroupRepository
from services.unanswered.group_unanswered import GroupUnanswered


class FindUnanswered:
    """Lists groups of like questions, and removes those that need no answer."""

    def __init__(self, *, groups: UnansweredGroupRepository, group: GroupUnanswered) -> None:
        self._groups = groups
        self._group = group

    def page(self, assistant: Assistant, limit: int, cursor: str) -> Page[UnansweredGroup]:
        """An assistant's groups, newest first."""
        if not cursor:
            self._group.group(assistant.id)
        return self._groups.page(assistant.id, limit, cursor)

    def count(self, assistant: Assistant) -> int:
        """How many groups an assistant has."""
        return self._groups.count(assistant.id)

    def go_on(self) -> None:
        """Sort a little more of what was too much for a look."""
        self._group.go_on()

    def dismiss(self, assistant: Assistant, group_id: str) -> None:
        """Remove a group with its questions, or ``NotFound``."""
        group = self._groups.get(assistant.id, group_id) if is_id(group_id) else None
        if group is None or not self._group.delete(group):
            raise NotFound
