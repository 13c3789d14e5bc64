"""Put unanswered questions together that ask the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from models.unanswered import UnansweredGroup, group_of
from repositories.assistants import AssistantRepository
from repositories.unanswered import UnansweredGroupRepository, UnansweredQuestionRepository
from services.unanswered.sorting import Sorting

LOOK_S = 0.5  # of the processor, for one who looks; the rest is done between, or by the next who does
SLICE_S = 0.2  # of the processor, for what is left over
MOST_COMPARED = 5_000  # groups, the newest: what was asked longer ago begins another one
MOST_KEPT = 10_000  # groups in memory, of the assistants that were looked at last
MOST_READ_ANEW = 500  # questions of a group that others were taken out of


class GroupUnanswered:
    """Sorts what came in since somebody last looked into the groups, so that a turn pays nothing for it.

    A look is bounded: what is too much for it goes on in slices (``go_on``), and is listed once it is sorted.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        questions: UnansweredQuestionRepository,
        groups: UnansweredGroupRepository,
        look_s: float = LOOK_S,
    ) -> None:
        self._assistants = assistants
        self._questions = questions
        self._groups = groups
        self._look_s = look_s
        self._grouping = threading.Lock()  # two at once would count a question twice
        self._sortings: OrderedDict[str, Sorting] = OrderedDict()
        self._left_over: dict[str, None] = {}

    def group(self, assistant_id: str) -> None:
        """Sort what waits; again is the same."""
        if self._questions.pending(assistant_id, 1):
            with self._grouping:
                self._slice(assistant_id, self._look_s)

    def go_on(self) -> None:
        """A slice more of what the last looks left over."""
        assistant_id = next(iter(self._left_over), None)
        if assistant_id is not None:
            with self._grouping:
                self._slice(assistant_id, SLICE_S)

    def alike(self, assistant_id: str, question: str) -> list[UnansweredGroup]:
        """The groups that ask what ``question`` does, the likest first."""
        with self._grouping:
            self._slice(assistant_id, self._look_s)
            return self._sorting(assistant_id).alike(question)

    def delete(self, group: UnansweredGroup) -> bool:
        """Remove a group with its questions; whether it was there."""
        with self._grouping:
            self._sortings.pop(group.assistant_id, None)
            there = self._groups.delete(group.assistant_id, group.id)
            self._questions.delete_of_group(group.assistant_id, group.id)
        return there

    def delete_of_chat(self, assistant_id: str, chat_id: str) -> None:
        """Remove what was asked in a chat, from the groups too; again is the same."""
        gone = self._questions.of_chat(assistant_id, chat_id)
        if not gone:
            return
        with self._grouping:
            self._sortings.pop(assistant_id, None)
            gone = self._questions.of_chat(assistant_id, chat_id)
            for group_id in sorted({one.group_id for one in gone} - {""}):
                self._take_out(assistant_id, group_id, {one.id for one in gone if one.group_id == group_id})
            self._questions.delete_all_of_chat(chat_id)

    def _slice(self, assistant_id: str, spent_s: float) -> None:
        self._left_over[assistant_id] = None
        try:
            done = self._sorting(assistant_id).go_on(spent_s)
        except Exception:
            self._sortings.pop(assistant_id, None)  # what it holds may not be what was written
            raise
        if self._assistants.by_id(assistant_id) is None:  # deleted in this moment
            self._questions.delete_all_of(assistant_id)
            self._groups.delete_all_of(assistant_id)
            self._sortings.pop(assistant_id, None)
            done = True
        if done:
            self._left_over.pop(assistant_id, None)

    def _sorting(self, assistant_id: str) -> Sorting:
        """The groups of an assistant; of several, those that were not looked at for long are forgotten."""
        found = self._sortings.get(assistant_id)
        if found is None:
            found = Sorting(assistant_id, self._questions, self._groups, MOST_COMPARED)
            self._sortings[assistant_id] = found
        self._sortings.move_to_end(assistant_id)
        while len(self._sortings) > 1 and sum(one.size for one in self._sortings.values()) > MOST_KEPT:
            self._sortings.popitem(last=False)
        return found

    def _take_out(self, assistant_id: str, group_id: str, ids: set[str]) -> None:
        group = self._groups.get(assistant_id, group_id)
        if group is None:
            return
        left = self._questions.of_group(assistant_id, group_id, MOST_READ_ANEW + len(ids))
        left = [one for one in left if one.id not in ids]
        if left:
            count = max(len(left), group.count - len(ids))
            self._groups.update(replace(group_of(group_id, left), count=count))
        else:
            self._groups.delete(assistant_id, group_id)
