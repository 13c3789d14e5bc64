"""Keep golden questions."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kit.clock import Clock
from kit.errors import Conflict, NotFound
from kit.ids import new_id
from models.assistants import Assistant
from models.golden import MOST_QUESTIONS, GoldenQuestion, distinct, plain
from repositories.assistants import AssistantRepository
from repositories.golden_questions import GoldenQuestionRepository


@dataclass(frozen=True)
class Asked:
    """A question as it came in, with what is expected of it."""

    question: str
    expects: tuple[str, ...]


@dataclass(frozen=True)
class Added:
    """What became of the questions that came in, each in its place, and how many of them are new or changed."""

    questions: tuple[GoldenQuestion, ...]
    added: int
    changed: int


class AddGolden:
    """Adds questions; one that the assistant has already, but for capitals and white space, is changed instead."""

    def __init__(
        self, *, assistants: AssistantRepository, questions: GoldenQuestionRepository, clock: Clock
    ) -> None:
        self._assistants = assistants
        self._questions = questions
        self._clock = clock
        self._adding = threading.Lock()  # two at once would both find room, or both find a question new

    def add(self, assistant: Assistant, asked: Sequence[Asked]) -> Added:
        """The questions as they are kept now; those that came in twice are made one, with what each expects.

        ``Conflict`` when there would be more than ``MOST_QUESTIONS``: then none is kept. ``NotFound`` when the
        assistant is gone.
        """
        with self._adding:
            known = {plain(one.question): one for one in self._questions.each(assistant.id)}
            kept = [self._kept(assistant, one, known) for one in _united(asked)]
            new = [one for one in kept if plain(one.question) not in known]
            if len(known) + len(new) > MOST_QUESTIONS:
                raise Conflict(
                    f"An assistant has at most {MOST_QUESTIONS} golden questions.", code="too_many_questions"
                )
            changed = [one for one in kept if known.get(plain(one.question), one) != one]
            self._questions.add_all(assistant.id, new)
            for one in changed:
                self._questions.update(one)
        if self._assistants.by_id(assistant.id) is None:
            self._questions.delete_all_of(assistant.id)
            raise NotFound  # the assistant was deleted in this moment
        return Added(tuple(kept), len(new), len(changed))

    def _kept(
        self, assistant: Assistant, asked: Asked, known: Mapping[str, GoldenQuestion]
    ) -> GoldenQuestion:
        now = self._clock()
        before = known.get(plain(asked.question))
        if before is None:
            return GoldenQuestion(new_id(), assistant.id, asked.question, asked.expects, now, now)
        if (before.question, before.expects) == (asked.question, asked.expects):
            return before
        return replace(before, question=asked.question, expects=asked.expects, updated_at=now)


def _united(asked: Sequence[Asked]) -> list[Asked]:
    united: dict[str, Asked] = {}
    for one in asked:
        key = plain(one.question)
        earlier = united[key].expects if key in united else ()
        united[key] = Asked(one.question.strip(), distinct((*earlier, *one.expects)))
    return list(united.values())
