"""Work that is done in the background: how much of it is open, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobKind(StrEnum):
    """What the work is for."""

    DOCUMENT = "document"
    GOLDEN_RUN = "golden_run"
    GENERATION = "generation"
    WEBHOOK = "webhook"
    PICTURE = "picture"
    PUSH = "push"


class JobState(StrEnum):
    """``later``: its time has not come; a webhook's has been tried, or is being tried."""

    WAITING = "waiting"
    RUNNING = "running"
    LATER = "later"


@dataclass(frozen=True)
class OpenJob:
    """One job that is not over, and since when it could have been begun (or when it was)."""

    state: JobState
    since: datetime


@dataclass(frozen=True)
class JobCount:
    """The open jobs of a kind in a state, and for how many seconds the oldest of them has been in it."""

    kind: JobKind
    state: JobState
    jobs: int = 0
    oldest_s: float = 0.0
