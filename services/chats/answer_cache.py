"""Answers that were given before, kept in memory for who asks the same with nothing said before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from integrations.embeddings.base import Embedder, Vectors
from kit.clock import Clock
from kit.errors import Unavailable, UpstreamFailed, UpstreamTimeout
from models.assistants import Assistant, Language
from models.chats import Source
from models.completions import Completion
from models.text.chat import clean_query
from models.text.language import detect_language
from models.text.meaning import Meaning, read_meaning

MODEL = "cache"  # what stands where a model's name would
ASSISTANTS = 200  # of which answers are kept; whose was asked longest ago goes first
ANSWERS = 500  # of one assistant
COMPARED = 3  # questions whose vectors are looked at, at most
LONGEST = 4_000  # characters of an answer
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Place:
    """Where an answer belongs: an assistant as it is at the moment, and what is asked.

    Of questions about the same, those are one whose vectors' cosine is ``least`` or more.
    """

    assistant_id: str
    state: str
    question: str
    meaning: Meaning
    least: float


@dataclass(frozen=True)
class Kept:
    """An answer with the sources that its numbers mean, and the question that it was given to."""

    completion: Completion
    sources: tuple[Source, ...]
    until: datetime
    question: str
    about: str
    vector: Vectors | None = None


@dataclass
class _Answers:
    """Those of an assistant in one state, by what their questions tell, longest unused first."""

    state: str
    told: OrderedDict[str, Kept] = field(default_factory=OrderedDict)


class AnswerCache:
    """Safe to use from many threads; another assistant, other settings or other documents are another place.

    Questions are the same by their words (``models/text/meaning.py``); with an ``embedder``, also where the words
    that may differ are few and their vectors are near. ``on_look`` is told ``same``, ``near`` or ``miss``.
    """

    def __init__(
        self,
        clock: Clock,
        embedder: Embedder | None = None,
        on_look: Callable[[str], object] = lambda _outcome: None,
    ) -> None:
        self._clock = clock
        self._embedder = embedder
        self._on_look = on_look
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Answers] = OrderedDict()

    def place(self, assistant: Assistant, message: str, model: str) -> Place | None:
        """Where the answer to a message belongs; ``None`` where it is nobody else's, or documents are changing."""
        settings = assistant.settings
        language = "" if settings.language is Language.AUTO else str(settings.language)
        meaning = None if assistant.changing or assistant.is_npc else read_meaning(message, language)
        if meaning is None:
            return None
        state = f"{assistant.knowledge_version} {model} {sorted(asdict(settings).items())}"
        return Place(assistant.id, state, clean_query(message), meaning, settings.answer_cache_similarity)

    def find(self, place: Place) -> Kept | None:
        """The answer that was given there."""
        with self._lock:
            answers = self._answers(place).told
            told = self._told(answers, place.meaning)
            if told is not None:
                answers.move_to_end(told)
                self._on_look("same")
                return answers[told]
            about = [(name, one) for name, one in answers.items() if self._may_be(one, place)]
        near = self._nearest(place, about[-COMPARED:])
        self._on_look("miss" if near is None else "near")
        return near

    def keep(self, place: Place, completion: Completion, sources: tuple[Source, ...]) -> None:
        """Keep a whole answer; a long one, or one that was cut, is not worth it."""
        if len(completion.text) > LONGEST or completion.finish_reason != "stop":
            return
        again, until = Completion(completion.text, MODEL), self._clock() + KEPT_FOR
        meaning = _in_language_of(completion.text, place)
        kept = Kept(again, sources, until, place.question, meaning.about)
        with self._lock:
            answers = self._answers(place).told
            answers[meaning.told] = kept
            answers.move_to_end(meaning.told)
            while len(answers) > ANSWERS:
                answers.popitem(last=False)

    def _told(self, answers: OrderedDict[str, Kept], meaning: Meaning) -> str | None:
        """The one question that is told so; of several, in as many languages, none."""
        names = [name for name in (meaning.told, *meaning.elsewise) if name in answers]
        for name in names:
            if answers[name].until < self._clock():
                del answers[name]
        found = [name for name in names if name in answers]
        if meaning.told in found:
            return meaning.told
        return found[0] if len(found) == 1 else None

    def _may_be(self, kept: Kept, place: Place) -> bool:
        return (
            self._embedder is not None and kept.about == place.meaning.about and kept.until >= self._clock()
        )

    def _nearest(self, place: Place, kept: Sequence[tuple[str, Kept]]) -> Kept | None:
        """The one whose question's vector is nearest, if that is near enough; none where no vectors are to be had."""
        if not kept or self._embedder is None:
            return None
        try:
            asked = _row(self._embedder, place.question)
            near = [(name, one if one.vector is not None else self._with_vector(one)) for name, one in kept]
        except (Unavailable, UpstreamFailed, UpstreamTimeout):
            return None
        with self._lock:
            answers = self._answers(place).told
            answers.update((name, one) for name, one in near if name in answers)
        cosines = [float(one.vector @ asked) for _, one in near if one.vector is not None]
        best = int(np.argmax(cosines))
        return near[best][1] if cosines[best] >= place.least else None

    def _with_vector(self, kept: Kept) -> Kept:
        return replace(kept, vector=_row(self._embedder, kept.question)) if self._embedder else kept

    def _answers(self, place: Place) -> _Answers:
        """The answers of an assistant in this state; those of any other state are gone."""
        answers = self._kept.get(place.assistant_id)
        if answers is None or answers.state != place.state:
            answers = self._kept[place.assistant_id] = _Answers(place.state)
        self._kept.move_to_end(place.assistant_id)
        while len(self._kept) > ASSISTANTS:
            self._kept.popitem(last=False)
        return answers


def _in_language_of(answer: str, place: Place) -> Meaning:
    """What was asked, in the language that the answer is in where the question's was not certain."""
    if not place.meaning.elsewise:
        return place.meaning
    return read_meaning(place.question, detect_language(answer)) or place.meaning


def _row(embedder: Embedder, text: str) -> Vectors:
    return embedder.embed_query(text).reshape(-1)
