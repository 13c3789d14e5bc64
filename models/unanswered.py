"""Questions that an assistant's documents did not answer, put together by likeness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LONGEST_QUESTION = 1_000  # characters that are kept
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class UnansweredQuestion:
    """A contact's message without evidence for an answer; ``id`` is the message's.

    ``evidence`` is what there was, from 0 to 1. ``group_id`` is empty until somebody looks.
    """

    id: str
    assistant_id: str
    chat_id: str
    question: str
    evidence: float
    created_at: datetime
    group_id: str = ""


@dataclass(frozen=True)
class UnansweredGroup:
    """Questions that ask the same: the first one's words, a few different ones, and how many there were.

    ``best`` is the most evidence that there was for any of them.
    """

    id: str
    assistant_id: str
    question: str
    count: int
    examples: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    best: float


def group_of(group_id: str, asked: list[UnansweredQuestion]) -> UnansweredGroup:
    """The group of some questions, oldest first and at least one."""
    return UnansweredGroup(
        id=group_id,
        assistant_id=asked[0].assistant_id,
        question=asked[0].question,
        count=len(asked),
        examples=tuple(dict.fromkeys(one.question for one in asked))[:MOST_EXAMPLES],
        first_at=asked[0].created_at,
        last_at=asked[-1].created_at,
        best=max(one.evidence for one in asked),
    )


def joined(group: UnansweredGroup, more: list[UnansweredQuestion]) -> UnansweredGroup:
    """The group with later questions in it."""
    examples = dict.fromkeys((*group.examples, *(one.question for one in more)))
    return UnansweredGroup(
        id=group.id,
        assistant_id=group.assistant_id,
        question=group.question,
        count=group.count + len(more),
        examples=tuple(examples)[:MOST_EXAMPLES],
        first_at=min(group.first_at, *(one.created_at for one in more)),
        last_at=max(group.last_at, *(one.created_at for one in more)),
        best=max(group.best, *(one.evidence for one in more)),
    )
