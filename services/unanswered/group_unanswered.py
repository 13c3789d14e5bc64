"""Put unanswered questions together that ask the same."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace

from kit.ids import new_id
from models.text.likeness import LikeGroups, read_asked
from models.unanswered import UnansweredGroup, UnansweredQuestion, group_of, joined
from repositories.assistants import AssistantRepository
from repositories.unanswered import UnansweredGroupRepository, UnansweredQuestionRepository

AT_ONCE = 1_000  # questions between two writes of the groups
MOST_AT_A_TIME = 5_000  # for one who asks; the rest is for the next
MOST_COMPARED = 5_000  # groups, the newest: what was asked longer ago begins another one
MOST_READ_ANEW = 500  # questions of a group that others were taken out of


class GroupUnanswered:
    """Sorts what came in since somebody last looked into the groups, so that a turn pays nothing for it."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        questions: UnansweredQuestionRepository,
        groups: UnansweredGroupRepository,
    ) -> None:
        self._assistants = assistants
        self._questions = questions
        self._groups = groups
        self._grouping = threading.Lock()  # two at once would count a question twice

    def group(self, assistant_id: str) -> None:
        """Sort what waits; again is the same."""
        pending = self._questions.pending(assistant_id, AT_ONCE)
        if not pending:
            return
        with self._grouping:
            likes, known = self._known(assistant_id)
            self._sort_all(assistant_id, likes, known)
            if self._assistants.by_id(assistant_id) is None:  # deleted in this moment
                self._questions.delete_all_of(assistant_id)
                self._groups.delete_all_of(assistant_id)

    def alike(self, assistant_id: str, question: str) -> list[UnansweredGroup]:
        """The groups that ask what ``question`` does, the likest first."""
        self.group(assistant_id)
        likes, known = self._known(assistant_id)
        return [known[one] for one in likes.find_all(read_asked(question))]

    def delete(self, group: UnansweredGroup) -> bool:
        """Remove a group with its questions; whether it was there."""
        with self._grouping:
            there = self._groups.delete(group.assistant_id, group.id)
            self._questions.delete_of_group(group.assistant_id, group.id)
        return there

    def delete_of_chat(self, assistant_id: str, chat_id: str) -> None:
        """Remove what was asked in a chat, from the groups too; again is the same."""
        gone = self._questions.of_chat(assistant_id, chat_id)
        if not gone:
            return
        with self._grouping:
            gone = self._questions.of_chat(assistant_id, chat_id)
            for group_id in sorted({one.group_id for one in gone} - {""}):
                self._take_out(assistant_id, group_id, {one.id for one in gone if one.group_id == group_id})
            self._questions.delete_all_of_chat(chat_id)

    def _known(self, assistant_id: str) -> tuple[LikeGroups, dict[str, UnansweredGroup]]:
        known = {one.id: one for one in self._groups.newest(assistant_id, MOST_COMPARED)}
        likes = LikeGroups()
        for group in known.values():
            likes.add(group.id, read_asked(group.question))
        return likes, known

    def _sort_all(self, assistant_id: str, likes: LikeGroups, known: dict[str, UnansweredGroup]) -> None:
        for _ in range(MOST_AT_A_TIME // AT_ONCE):
            pending = self._questions.pending(assistant_id, AT_ONCE)
            if not pending:
                return
            self._sort(assistant_id, pending, likes, known)

    def _sort(
        self,
        assistant_id: str,
        pending: list[UnansweredQuestion],
        likes: LikeGroups,
        known: dict[str, UnansweredGroup],
    ) -> None:
        sorted_in: dict[str, list[UnansweredQuestion]] = defaultdict(list)
        for question in pending:
            asked = read_asked(question.question)
            group_id = likes.find(asked)
            if group_id is None:
                group_id = new_id()
                likes.add(group_id, asked)
            sorted_in[group_id].append(question)
        new: list[UnansweredGroup] = []
        for group_id, its in sorted_in.items():
            self._questions.put_into(assistant_id, group_id, [one.id for one in its])
            before = known.get(group_id)
            known[group_id] = joined(before, its) if before else group_of(group_id, its)
            if before is None:
                new.append(known[group_id])
            else:
                self._groups.update(known[group_id])
        self._groups.add_all(assistant_id, new)

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
