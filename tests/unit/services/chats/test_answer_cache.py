from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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
    ],
    ids=["assistant", "documents", "changing", "settings", "denial", "number", "model", "no words"],
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
