from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from integrations.embeddings.base import Vectors
from kit.errors import Unavailable
from models.assistants import Assistant, AssistantSettings
from models.completions import Completion
from services.chats.answer_cache import ANSWERS, LONGEST, MODEL, AnswerCache, Kept

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
ASSISTANT = Assistant("a", "o", "A", "", "", NOW, NOW, AssistantSettings(answer_cache=True), 7)
ANSWER = Completion("Custa R$ 180 [1].", "gpt")


class Clock:
    """Stands until it is set."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def found(
    cache: AnswerCache, assistant: Assistant = ASSISTANT, message: str = "Quanto custa?", model: str = ""
) -> Kept | None:
    place = cache.place(assistant, message, model)
    return cache.find(place) if place else None


def keep(cache: AnswerCache, message: str = "Quanto custa?", answer: Completion = ANSWER) -> None:
    place = cache.place(ASSISTANT, message, "")
    assert place is not None
    cache.keep(place, answer, ())


def test_the_same_question_finds_the_answer_in_other_spelling() -> None:
    cache = AnswerCache(Clock())
    keep(cache)

    kept = found(cache, message="oi, quanto CUSTA")

    assert kept is not None
    assert (kept.completion.text, kept.completion.model) == (ANSWER.text, MODEL)
    assert kept.completion.tokens.input == 0


@pytest.mark.parametrize(
    ("assistant", "message", "model"),
    [
        (replace(ASSISTANT, id="b"), "Quanto custa?", ""),
        (replace(ASSISTANT, knowledge_version=8), "Quanto custa?", ""),
        (replace(ASSISTANT, changing=("ready:d",)), "Quanto custa?", ""),
        (
            replace(ASSISTANT, settings=AssistantSettings(answer_cache=True, company="X")),
            "Quanto custa?",
            "",
        ),
        (ASSISTANT, "Quanto não custa?", ""),
        (ASSISTANT, "Quanto custa 2?", ""),
        (ASSISTANT, "Quanto custa?", "gpt-2"),
        (ASSISTANT, "👍", ""),
        (replace(ASSISTANT, is_npc=True), "Quanto custa?", ""),
    ],
    ids=["assistant", "documents", "changing", "settings", "denial", "number", "model", "no words", "npc"],
)
def test_another_one_does_not(assistant: Assistant, message: str, model: str) -> None:
    cache = AnswerCache(Clock())
    keep(cache)

    assert found(cache, assistant, message, model) is None


def test_a_change_lets_go_of_all_answers_before_it() -> None:
    cache = AnswerCache(Clock())
    keep(cache)

    assert found(cache, replace(ASSISTANT, knowledge_version=8)) is None

    assert found(cache) is None


def test_it_is_bounded_in_time_and_in_number_and_keeps_no_part_of_an_answer() -> None:
    clock = Clock()
    cache = AnswerCache(clock)
    for n in range(ANSWERS + 1):
        keep(cache, f"Quanto custa {n}?")
    keep(cache, "longo?", replace(ANSWER, text="x" * (LONGEST + 1)))
    keep(cache, "cortado?", replace(ANSWER, finish_reason="length"))

    assert found(cache, message="Quanto custa 0?") is None
    assert found(cache, message="Quanto custa 1?") is not None
    assert found(cache, message="longo?") is None
    assert found(cache, message="cortado?") is None
    clock.now = NOW + timedelta(hours=25)
    assert found(cache, message="Quanto custa 2?") is None


class Near:
    """Vectors as if every two questions were ``cosine`` near."""

    name, dimensions, weight = "near", 2, 0.5

    def __init__(self, cosine: float) -> None:
        self.cosine = cosine
        self.asked: list[str] = []
        self.down = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.vstack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        if self.down:
            raise Unavailable
        self.asked.append(text)
        is_first = self.asked[0] == text
        second = (self.cosine, float(np.sqrt(1 - self.cosine**2)))
        return np.array((1.0, 0.0) if is_first else second, dtype=np.float32)


PAID, PAYMENT = "Is it paid by card?", "Is there payment by card here?"


@pytest.mark.parametrize(("cosine", "is_found"), [(0.98, True), (0.96, False)])
def test_near_questions_about_the_same_are_one(cosine: float, *, is_found: bool) -> None:
    looks: list[str] = []
    cache = AnswerCache(Clock(), Near(cosine), looks.append)
    keep(cache, PAID)

    assert (found(cache, message=PAYMENT) is not None) is is_found
    assert (
        found(cache, message="Is it not paid by card?"),
        found(cache, message="Is it paid by check?"),
    ) == (
        None,
        None,
    )
    assert looks == ["near" if is_found else "miss", "miss", "miss"]


def test_how_near_is_what_the_assistant_says() -> None:
    cache = AnswerCache(Clock(), Near(0.96))
    lax = replace(ASSISTANT, settings=replace(ASSISTANT.settings, answer_cache_similarity=0.95))
    place = cache.place(lax, PAID, "")
    assert place is not None
    cache.keep(place, ANSWER, ())

    assert found(cache, lax, PAYMENT) is not None


def test_vectors_are_asked_for_only_where_they_decide_and_once_for_what_is_kept() -> None:
    embedder = Near(0.5)
    cache = AnswerCache(Clock(), embedder)
    keep(cache, PAID)
    found(cache, message=PAID)
    found(cache, message="Is it paid by check?")
    assert embedder.asked == []

    found(cache, message=PAYMENT)
    found(cache, message=PAYMENT)

    assert embedder.asked.count("Is it paid by card") == 1


def test_without_vectors_nothing_is_near() -> None:
    embedder = Near(0.99)
    cache = AnswerCache(Clock(), embedder)
    keep(cache, PAID)
    embedder.down = True

    assert found(cache, message=PAYMENT) is None
    assert found(AnswerCache(Clock()), message=PAYMENT) is None


def test_an_answer_tells_the_language_of_a_question_that_does_not() -> None:
    cache = AnswerCache(Clock())
    keep(cache, "abre sábado?", replace(ANSWER, text="Sim, abrimos aos sábados das 8h às 12h."))

    assert found(cache, message="Vocês abrem no sábado?") is not None
    assert found(cache, message="abre sábado") is not None
    assert found(cache, message="¿Abren ustedes los sábados?") is None


def test_a_question_in_no_certain_language_finds_one_that_is_told_so_in_one() -> None:
    cache = AnswerCache(Clock())
    keep(cache, "Vocês abrem no sábado?")

    assert found(cache, message="abre sábado?") is not None
    keep(cache, "¿Abren ustedes los sábados?")
    assert found(cache, message="abre sábado?") is None
