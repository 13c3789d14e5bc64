"""An answer on its way, and what is held for it until its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

from services.chats.turn_queue import TurnQueue

T = TypeVar("T")


class HeldStream(Generic[T]):
    """Texts as they come and at last the answer; closing it ends the call behind it and gives its slot up."""

    def __init__(self, first: str | T, rest: Generator[str | T], held: contextlib.ExitStack) -> None:
        self._first: str | T | None = first
        self._rest = rest
        self._held = held

    @classmethod
    def begun(cls, turns: TurnQueue, begin: Callable[[], Generator[str | T]]) -> HeldStream[T]:
        """A stream whose first step is there, in a slot of ``turns``: every refusal comes before it."""
        with contextlib.ExitStack() as held:
            held.enter_context(turns.slot())
            steps = begin()
            held.callback(steps.close)
            return cls(next(steps), steps, held.pop_all())

    def __iter__(self) -> Iterator[str | T]:
        return self

    def __next__(self) -> str | T:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._rest)

    def close(self) -> None:
        """Stop here; again is the same."""
        self._first = None
        self._held.close()
