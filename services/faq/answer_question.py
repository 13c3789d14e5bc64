"""Answer a question once and for all: make or change a curated entry."""

from __future__ import annotations

import threading
from dataclasses import replace

from kit.clock import Clock
from kit.errors import Conflict, NotFound
from kit.ids import new_id
from models.assistants import Assistant
from models.faq import MOST_ENTRIES, FaqEntry
from models.text.language import detect_language
from repositories.assistants import AssistantRepository
from repositories.faq import FaqRepository
from services.faq.write_entry import WriteEntry
from services.unanswered.group_unanswered import GroupUnanswered


class AnswerQuestion:
    """Keeps the answer, found from then on, and closes the unanswered questions that ask the same."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        entries: FaqRepository,
        write: WriteEntry,
        unanswered: GroupUnanswered,
        clock: Clock,
    ) -> None:
        self._assistants = assistants
        self._entries = entries
        self._write = write
        self._unanswered = unanswered
        self._clock = clock
        self._answering = threading.Lock()  # two at once would both find room, or both a question new

    def answer(self, assistant: Assistant, question: str, answer: str) -> FaqEntry:
        """The entry as it is kept; one for the same question, but for capitals and white space, is changed.

        ``Conflict`` when there would be more than ``MOST_ENTRIES``, ``NotFound`` when the assistant is gone.
        """
        with self._answering:
            entry = self._kept(assistant, question.strip(), answer.strip())
        if self._assistants.by_id(assistant.id) is None:
            self._write.remove(entry)
            raise NotFound  # the assistant was deleted in this moment
        for group in self._unanswered.alike(assistant.id, question):
            self._unanswered.delete(group)
        return entry

    def _kept(self, assistant: Assistant, question: str, answer: str) -> FaqEntry:
        before, now = self._entries.by_question(assistant.id, question), self._clock()
        language = detect_language(f"{question}\n{answer}")
        if before is None:
            if self._entries.count(assistant.id) >= MOST_ENTRIES:
                raise Conflict(
                    f"An assistant has at most {MOST_ENTRIES} curated answers.", code="too_many_answers"
                )
            entry = FaqEntry(new_id(), assistant.id, question, answer, language, now, now)
            self._write.add(entry)
            return entry
        if (before.question, before.answer) == (question, answer):
            return before
        changed = replace(before, question=question, answer=answer, language=language, updated_at=now)
        return self._write.change(before, changed)
