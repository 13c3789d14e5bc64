"""A part of a list, and where the next part begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items in order; ``next_cursor`` asks for what follows them and is empty on the last page."""

    items: tuple[T, ...]
    next_cursor: str = ""

    def map(self, convert: Callable[[T], U]) -> Page[U]:
        """The same page with every item converted."""
        return Page(tuple(convert(item) for item in self.items), self.next_cursor)
