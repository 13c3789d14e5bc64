"""What a personal token may use, looked up at most once a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.limits import Bounds
from services.accounts.briefly_known import BrieflyKnown

NO_BOUNDS = Bounds()


@dataclass(frozen=True)
class _Known:
    bounds: Bounds


class LimitsOfKeys:
    """The bounds of a token by its id; none of a sign-in, and of an assistant's key, whose are the assistant's."""

    def __init__(self, read: Callable[[str], Bounds | None]) -> None:
        self._read = read
        self._known = BrieflyKnown[_Known]()

    def of(self, key_id: str) -> Bounds:
        """Its bounds."""
        if not key_id:
            return NO_BOUNDS
        known = self._known.get(key_id, lambda: _Known(self._read(key_id) or NO_BOUNDS))
        return known.bounds if known else NO_BOUNDS

    def forget(self) -> None:
        """Look them up anew: some have changed."""
        self._known.forget()
