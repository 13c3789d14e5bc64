"""What the doctor finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that does not agree: a sentence, and what mends it.

    ``mend`` looks again before it changes anything: the installation may be at work.
    """

    kind: str
    about: str
    mend: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}"


def nothing() -> None:
    """Nothing here mends it."""
