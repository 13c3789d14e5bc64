"""Quizzes: questions of four choices, one of them right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.chats import Tokens
from models.text.folding import fold

CHOICES = 4
MOST_QUESTIONS = 20
LETTERS = "ABCD"


# All but letters, digits and what makes another sum, "-" unless it joins or parts words.
_MARKS = re.compile(r"(?<=[^\W\d])-|-(?=[^\W\d])|[^\w+<>=≤≥≠±×÷√⁄/*^%#-]|_")


class Difficulty(StrEnum):
    """How hard the questions shall be."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True)
class Question:
    """``answer`` is the index of the right choice; ``passage`` the words of the text that it came from."""

    question: str
    choices: tuple[str, ...]
    answer: int
    explanation: str
    passage: str = ""
    document_id: str = ""


@dataclass(frozen=True)
class Quiz:
    """A quiz of a person's (``owner_id``), or of an assistant of theirs; without an ``id`` it is not kept."""

    owner_id: str
    title: str
    model: str
    language: str
    difficulty: Difficulty
    questions: tuple[Question, ...]
    created_at: datetime
    id: str = ""
    assistant_id: str = ""
    tokens: Tokens = field(default_factory=Tokens)


@dataclass(frozen=True)
class Marked:
    """One question as it was answered: ``chosen`` is ``None`` where nothing was."""

    chosen: int | None
    question: Question

    @property
    def correct(self) -> bool:
        """Whether it was the right choice."""
        return self.chosen == self.question.answer


@dataclass(frozen=True)
class AnswerSheet:
    """A quiz as somebody answered it: ``answers`` are indices of choices, ``None`` where none was chosen.

    ``name`` is whose it is, as the sender says; ``by`` is the account that sent it, empty for a bot.
    """

    id: str
    quiz_id: str
    owner_id: str
    answers: tuple[int | None, ...]
    score: int
    created_at: datetime
    assistant_id: str = ""
    name: str = ""
    by: str = ""

    @property
    def total(self) -> int:
        """How many questions there were."""
        return len(self.answers)

    @property
    def percent(self) -> float:
        """How many of a hundred were right."""
        return round(100 * self.score / self.total, 1)


def plain(text: str) -> str:
    """A text as it is compared: two that differ in case, accents and marks alone are alike, in signs not."""
    kept = _MARKS.sub(" ", fold(text).replace("−", "-"))
    return " ".join(kept.split()) or text.strip()


def problems_of(questions: Sequence[Question]) -> list[str]:
    """What keeps questions from being a quiz, as sentences that say which."""
    problems: list[str] = []
    seen: dict[str, int] = {}
    for n, one in enumerate(questions):
        if len({plain(choice) for choice in one.choices}) != CHOICES:
            problems.append(f"questions[{n}].choices: must be {CHOICES} different texts")
        if not all(text.strip() for text in (one.question, one.explanation, *one.choices)):
            problems.append(f"questions[{n}]: no text may be empty")
        first = seen.setdefault(plain(one.question), n)
        if first != n:
            problems.append(f"questions[{n}]: asks the same as questions[{first}]; ask something else")
    return problems


def to_markdown(quiz: Quiz, answers: str) -> str:
    """The quiz as Markdown, its answers folded at the end under the word ``answers``; without that, none."""
    lines = [f"# {_line(quiz.title)}", ""]
    for n, one in enumerate(quiz.questions, 1):
        lines += [f"## {n}. {_line(one.question)}", ""]
        lines += [f"- {letter}) {_line(choice)}" for letter, choice in zip(LETTERS, one.choices, strict=True)]
        lines.append("")
    if not answers:
        return "\n".join(lines)
    lines += ["<details>", f"<summary>{answers}</summary>", ""]
    for n, one in enumerate(quiz.questions, 1):
        right = f"{LETTERS[one.answer]}) {_line(one.choices[one.answer])}"
        lines += [f"{n}. **{right}**", f"   {_line(one.explanation)}"]
    return "\n".join([*lines, "", "</details>", ""])


def _line(text: str) -> str:
    """On one line, read as it stands: no tag, link or emphasis in it; code between backticks stays code."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        part if n % 2 else _MARKUP.sub(_escaped, part).replace("<", "&lt;") for n, part in enumerate(parts)
    )


_CODE = re.compile(r"((?<!`)`[^`]+`(?!`))")
_MARKUP = re.compile(r"[*\[\\]|(?<=[^\W_])_+|_+(?=[^\W_])")


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"\\{one}" for one in found[0])
