"""An assistant's groups in memory, being read, and the questions that are sorted into them, a slice at a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice

from kit.ids import new_id
from models.text.likeness import LikeGroups, read_asked
from models.unanswered import UnansweredGroup, UnansweredQuestion, group_of, joined
from repositories.unanswered import UnansweredGroupRepository, UnansweredQuestionRepository

AT_ONCE = 100  # questions between two writes, and groups between two looks at the clock


class Sorting:
    """First reads the newest groups, then sorts what waits; may be left at any moment and gone on with."""

    def __init__(
        self,
        assistant_id: str,
        questions: UnansweredQuestionRepository,
        groups: UnansweredGroupRepository,
        most_compared: int,
    ) -> None:
        self._assistant_id = assistant_id
        self._questions = questions
        self._groups = groups
        self._unread: Iterator[UnansweredGroup] | None = groups.newest(assistant_id, most_compared)
        self._likes = LikeGroups()
        self._known: dict[str, UnansweredGroup] = {}

    def go_on(self, spent_s: float, clock: Callable[[], float] = time.thread_time) -> bool:
        """Work for so many seconds of the processor, and a little more; whether nothing is left to do."""
        until = clock() + spent_s
        while self._unread is not None:
            read = list(islice(self._unread, AT_ONCE))
            for group in read:
                self._known[group.id] = group
                self._likes.add(group.id, read_asked(group.question))
            if not read:
                self._unread = None
            elif clock() >= until:
                return False
        while pending := self._questions.pending(self._assistant_id, AT_ONCE):
            self._sort(pending)
            if clock() >= until:
                return False
        return True

    def alike(self, question: str) -> list[UnansweredGroup]:
        """The groups, of those read, that ask what ``question`` does, the likest first."""
        return [self._known[one] for one in self._likes.find_all(read_asked(question))]

    @property
    def size(self) -> int:
        """How many groups it holds."""
        return len(self._known)

    def _sort(self, pending: list[UnansweredQuestion]) -> None:
        sorted_in: dict[str, list[UnansweredQuestion]] = defaultdict(list)
        for question in pending:
            asked = read_asked(question.question)
            group_id = self._likes.find(asked)
            if group_id is None:
                group_id = new_id()
                self._likes.add(group_id, asked)
            sorted_in[group_id].append(question)
        ids = {group_id: [one.id for one in its] for group_id, its in sorted_in.items()}
        self._questions.put_into(self._assistant_id, ids)
        new: list[UnansweredGroup] = []
        for group_id, its in sorted_in.items():
            before = self._known.get(group_id)
            self._known[group_id] = joined(before, its) if before else group_of(group_id, its)
            if before is None:
                new.append(self._known[group_id])
            elif not self._groups.update(self._known[group_id]):  # deleted since it was read
                self._known[group_id] = group_of(group_id, its)
                new.append(self._known[group_id])
        self._groups.add_all(self._assistant_id, new)
