"""The shape in which a model is asked for a quiz, and what it says in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from models.quizzes import CHOICES, LETTERS, Question, plain, problems_of
from models.text.language import detect_language, language_code
from services.quizzes.sample_text import Passage
from services.structured.ask_structured import Shape

NAMES = {"pt": "Portuguese", "en": "English", "fr": "French", "es": "Spanish"}
_LABEL = re.compile(r"\A\s*\(?([A-Da-d1-4])[).:\]]\s+")


def quiz_shape(count: int, language: str, passages: Sequence[Passage]) -> Shape:
    """So many questions about these passages, which are mended, checked, and wished to be in the language."""
    text = {"type": "string", "minLength": 1}
    question = {
        "question": text,
        "choices": {"type": "array", "items": text, "minItems": CHOICES, "maxItems": CHOICES},
        "answer": {"type": "integer", "minimum": 0, "maximum": CHOICES - 1},
        "explanation": text,
        "passage": {"type": "integer", "minimum": 1, "maximum": len(passages)},
    }
    one = {
        "type": "object",
        "properties": question,
        "required": list(question),
        "additionalProperties": False,
    }
    schema = {
        "type": "object",
        "properties": {"questions": {"type": "array", "items": one, "minItems": count, "maxItems": count}},
        "required": ["questions"],
        "additionalProperties": False,
    }

    def check(value: Any) -> list[str]:
        return problems_of([question_of(one, passages) for one in value["questions"]])

    def wish(value: Any) -> list[str]:
        said = " ".join(f"{one['question']} {one['explanation']}" for one in value["questions"])
        code = language_code(language)
        if code and detect_language(said) not in (code, ""):
            return [f"it must be written in {NAMES[code]}"]
        return []

    return Shape(
        "quiz", schema, mend=lambda value: _mended(value, count, len(passages)), check=check, wish=wish
    )


def _mended(value: Any, count: int, passages: int) -> Any:
    """Without questions beyond those asked for and letters before choices, the answer as an index."""
    listed = value.get("questions") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        return value
    seen: dict[str, Any] = {}
    for one in listed:
        if isinstance(one, dict):
            seen.setdefault(plain(str(one.get("question", ""))), _mended_question(one, passages))
    surplus = len(listed) > count and len(seen) >= count
    kept = (
        list(seen.values())
        if surplus
        else [one if not isinstance(one, dict) else _mended_question(one, passages) for one in listed]
    )
    return {**value, "questions": kept[:count]}


def _mended_question(one: dict[str, Any], passages: int) -> dict[str, Any]:
    choices, answer = one.get("choices"), one.get("answer")
    if isinstance(choices, dict):
        choices = list(choices.values())
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        return one
    if isinstance(answer, str):
        answer = _index(answer, choices)
    if all(_LABEL.match(choice) for choice in choices):
        choices = [_LABEL.sub("", choice, count=1) for choice in choices]
    passage = one.get("passage")
    if passages == 1 or (passage is None and passages):
        passage = 1
    return {**one, "choices": choices, "answer": answer, "passage": passage}


def _index(answer: str, choices: list[str]) -> Any:
    """Where a choice stands that is named by its text or its letter."""
    for n, choice in enumerate(choices):
        if plain(answer) == plain(choice) or plain(answer) == plain(_LABEL.sub("", choice, count=1)):
            return n
    letter = answer.strip().strip("().").upper()
    return LETTERS.index(letter) if len(letter) == 1 and letter in LETTERS else answer


def question_of(value: Any, passages: Sequence[Passage]) -> Question:
    """The question that one of a valid answer is."""
    passage = passages[value["passage"] - 1]
    return Question(
        question=value["question"].strip(),
        choices=tuple(choice.strip() for choice in value["choices"]),
        answer=value["answer"],
        explanation=value["explanation"].strip(),
        passage=passage.text,
        document_id=passage.document_id,
    )
