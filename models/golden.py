"""Golden questions: what an assistant must find, and how far it did at a run."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.documents import Passage

MOST_QUESTIONS = 1_000  # of one assistant
LONGEST_QUESTION = 2_000  # characters, as the next one
LONGEST_EXPECTED = 1_000
MOST_EXPECTED = 10  # of one question


class RunStatus(StrEnum):
    """How far a run has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class GoldenQuestion:
    """A question and what its passages are expected to hold.

    Each of ``expects`` is a text that a passage contains, or the filename or id of its document; one passage
    that meets any of them is a hit.
    """

    id: str
    assistant_id: str
    question: str
    expects: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Hit:
    """The first passage that met an expectation: its rank (from 1), which one it met, and its document."""

    rank: int
    expected: str
    document_id: str
    filename: str


@dataclass(frozen=True)
class GoldenResult:
    """What one question came to; ``enough`` is what the chat would have been told of the evidence."""

    question_id: str
    question: str
    hit: Hit | None
    enough: bool

    @property
    def rank(self) -> int | None:
        """The rank of the hit; ``None`` for a miss."""
        return self.hit.rank if self.hit else None


@dataclass(frozen=True)
class Shift:
    """A question whose rank is another one than before; ``None`` is a miss."""

    question_id: str
    question: str
    rank_before: int | None
    rank: int | None


@dataclass(frozen=True)
class RunChange:
    """What is different from an earlier run; ``added`` and ``removed`` are questions that only one of them has."""

    since: str
    newly_hit: tuple[Shift, ...] = ()
    newly_missed: tuple[Shift, ...] = ()
    moved: tuple[Shift, ...] = ()
    added: int = 0
    removed: int = 0


@dataclass(frozen=True)
class GoldenRun:
    """All golden questions of an assistant searched for once, with ``top_k`` passages each.

    ``questions`` and ``hits`` are counts; ``results`` are empty until it is done, and in lists. ``attempts``
    counts how often a process has begun it.
    """

    id: str
    assistant_id: str
    top_k: int
    created_at: datetime
    status: RunStatus = RunStatus.QUEUED
    progress: int = 0
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    questions: int = 0
    hits: int = 0
    mean_reciprocal_rank: float = 0.0
    results: tuple[GoldenResult, ...] = ()
    change: RunChange | None = None
    attempts: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status in (RunStatus.DONE, RunStatus.FAILED)

    @property
    def misses(self) -> int:
        """How many questions had no hit."""
        return self.questions - self.hits

    @property
    def hit_rate(self) -> float:
        """The share of questions with a hit, from 0 to 1; 0 without questions."""
        return self.hits / self.questions if self.questions else 0.0


def plain(text: str) -> str:
    """The text with white space, capitals and typographic variants folded; accents stay."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def distinct(expects: Iterable[str]) -> tuple[str, ...]:
    """The expectations that say something, each once, in their order, without white space around."""
    first: dict[str, str] = {}
    for expected in expects:
        if plain(expected):
            first.setdefault(plain(expected), expected.strip())
    return tuple(first.values())


def first_hit(passages: Sequence[Passage], expects: Sequence[str]) -> Hit | None:
    """The best-ranked passage that meets any of the expectations."""
    wanted = [(expected, plain(expected)) for expected in expects]
    for rank, passage in enumerate(passages, start=1):
        names, text = (passage.document_id, passage.faq_id, plain(passage.filename)), plain(passage.text)
        for expected, folded in wanted:
            if folded in names or folded in text:
                return Hit(rank, expected, passage.document_id, passage.filename)
    return None


def mean_reciprocal_rank(results: Sequence[GoldenResult]) -> float:
    """The mean of 1 / rank over all questions, a miss counting 0."""
    return sum(1 / one.rank for one in results if one.rank) / len(results) if results else 0.0


def compare(before: GoldenRun, results: Sequence[GoldenResult]) -> RunChange:
    """What became of the questions since an earlier run; they are told apart by their words, not their ids."""
    then = {plain(one.question): one for one in before.results}
    now = {plain(one.question): one for one in results}
    shifts = [
        Shift(one.question_id, one.question, then[key].rank, one.rank)
        for key, one in now.items()
        if key in then and then[key].rank != one.rank
    ]
    return RunChange(
        since=before.id,
        newly_hit=tuple(one for one in shifts if one.rank_before is None),
        newly_missed=tuple(one for one in shifts if one.rank is None),
        moved=tuple(one for one in shifts if one.rank_before is not None and one.rank is not None),
        added=len(now.keys() - then.keys()),
        removed=len(then.keys() - now.keys()),
    )
