"""How a model call went: whom it was tried with, what came of each, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass

ANSWERED = "answered"
RESTING = "resting"


@dataclass(frozen=True)
class Attempt:
    """One model of the chain and what came of it; times in milliseconds.

    ``outcome`` is ``answered``, the machine code of an error (``model_busy``, ``model_queue_full``, …), or
    ``resting``: it failed so often that it was not asked.
    """

    model: str
    outcome: str
    ms: int = 0


@dataclass(frozen=True)
class Routing:
    """Every attempt in order, the time spent in queues, and that of the model that answered."""

    attempts: tuple[Attempt, ...] = ()
    queue_ms: int = 0
    model_ms: int = 0
