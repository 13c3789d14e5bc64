"""Streams of a limited model."""

from __future__ import annotations

from collections.abc import Iterator

from models.completions import Completion
from services.limits.limited_call import LimitedCall
from services.llm.base import CompletionSteps


class CountedStream:
    """A stream that is settled when it ends, however it ends."""

    def __init__(self, steps: CompletionSteps, call: LimitedCall) -> None:
        self._steps = steps
        self._call = call
        self._said: list[str] = []

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        try:
            step = next(self._steps)
        except StopIteration:
            self._call.end(None, None, "".join(self._said))
            raise
        except BaseException as problem:  # whatever it is, what was said is paid for
            self._call.end(None, problem, "".join(self._said))
            raise
        if isinstance(step, Completion):
            self._call.end(step, None)
        else:
            self._said.append(step)
        return step

    def close(self) -> None:
        """Stop here; again is the same."""
        self._steps.close()
        self._call.end(None, None, "".join(self._said))


class WholeAnswer:
    """An answer that is there already, as a stream."""

    def __init__(self, completion: Completion) -> None:
        self._steps: Iterator[str | Completion] = iter((completion.text, completion))

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        return next(self._steps)

    def close(self) -> None:
        """Nothing is under way."""
