"""An answer on its way."""

from __future__ import annotations

from collections.abc import Iterator

from models.completions import Completion
from models.model_errors import ModelAnswerBroken
from services.llm.run import Run


class CompletionStream:
    """An answer on its way, its first text already there; closing it ends the call behind it."""

    def __init__(self, steps: Iterator[str | Completion], run: Run) -> None:
        self._steps = steps
        self._run = run
        self._first: str | Completion | None = next(steps, None)
        if self._first is None:
            raise ModelAnswerBroken

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        if self._first is not None:
            step, self._first = self._first, None
        else:
            try:
                step = next(self._steps)
            except StopIteration:
                self._run.end(None, None)
                raise
            except BaseException as problem:  # whatever it is, the call is over, and its watches must know
                self._run.end(None, problem)
                raise
        if isinstance(step, Completion):
            self._run.end(step, None)
        return step

    def close(self) -> None:
        """Stop here; again is the same."""
        self._first = None
        close_steps(self._steps)
        self._run.end(None, None)


def close_steps(steps: object) -> None:
    """End what yields them, where it can be ended."""
    close = getattr(steps, "close", None)
    if close is not None:
        close()
