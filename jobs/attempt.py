"""One try at something in a thread that must outlive it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from kit.errors import AppError
from kit.logging import get_logger

_log = get_logger("jobs")


class Attempt:
    """A ``with`` block whose errors are logged and noted here, and end no thread.

    An ``AppError`` (the records cannot be reached, say) puts the work off: a later try may go through. Any other
    error is a bug, and the work has failed. What ends the process goes on its way.
    """

    def __init__(self, work: str, *, says_why: bool = False, **about: object) -> None:
        """``work`` names it in the log, with what it is ``about``; ``says_why``: with the error's sentence too."""
        self._work, self._about, self._says_why = work, about, says_why
        self.put_off = False
        self.failed = False

    @property
    def went_well(self) -> bool:
        """Whether there was no error."""
        return not (self.put_off or self.failed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, problem: BaseException | None, _frames: TracebackType | None
    ) -> bool:
        if isinstance(problem, AppError):
            self.put_off = True
            why = {"reason": problem.sentence} if self._says_why else {}
            _log.warning(f"{self._work} put off", code=problem.error_code, **why, **self._about)
        elif isinstance(problem, Exception):
            self.failed = True
            _log.error(f"{self._work} failed", exc_info=problem, **self._about)
        return self.put_off or self.failed
