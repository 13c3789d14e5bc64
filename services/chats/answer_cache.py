"""Answers that were given before, kept in memory for who asks the same with nothing said before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from kit.clock import Clock
from models.assistants import Assistant
from models.chats import Source
from models.completions import Completion
from models.text.likeness import question_key

MODEL = "cache"  # what stands where a model's name would
ASSISTANTS = 200  # of which answers are kept; whose was asked longest ago goes first
ANSWERS = 500  # of one assistant
LONGEST = 4_000  # characters of an answer
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Place:
    """Where an answer belongs: an assistant as it is at the moment, and a question."""

    assistant_id: str
    state: str
    question: str


@dataclass(frozen=True)
class Kept:
    """An answer with the sources that its numbers mean."""

    completion: Completion
    sources: tuple[Source, ...]
    until: datetime


class AnswerCache:
    """Safe to use from many threads; another assistant, other settings or other documents are another place."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, OrderedDict[str, Kept]]] = OrderedDict()

    def place(self, assistant: Assistant, message: str, model: str) -> Place | None:
        """Where the answer to a message belongs; ``None`` while the assistant's documents are changing."""
        question = question_key(message)
        if assistant.changing or not question:
            return None
        state = f"{assistant.knowledge_version} {model} {sorted(asdict(assistant.settings).items())}"
        return Place(assistant.id, state, question)

    def find(self, place: Place) -> Kept | None:
        """The answer that was given there."""
        with self._lock:
            answers = self._answers(place)
            kept = answers.get(place.question)
            if kept is None:
                return None
            if kept.until < self._clock():
                del answers[place.question]
                return None
            answers.move_to_end(place.question)
            return kept

    def keep(self, place: Place, completion: Completion, sources: tuple[Source, ...]) -> None:
        """Keep a whole answer; a long one, or one that was cut, is not worth it."""
        if len(completion.text) > LONGEST or completion.finish_reason != "stop":
            return
        again = Completion(completion.text, MODEL)
        with self._lock:
            answers = self._answers(place)
            answers[place.question] = Kept(again, sources, self._clock() + KEPT_FOR)
            answers.move_to_end(place.question)
            while len(answers) > ANSWERS:
                answers.popitem(last=False)

    def _answers(self, place: Place) -> OrderedDict[str, Kept]:
        """The answers of an assistant in this state; those of any other state are gone."""
        state, answers = self._kept.get(place.assistant_id, ("", OrderedDict()))
        if state != place.state:
            answers = OrderedDict()
        self._kept[place.assistant_id] = (place.state, answers)
        self._kept.move_to_end(place.assistant_id)
        while len(self._kept) > ASSISTANTS:
            self._kept.popitem(last=False)
        return answers
