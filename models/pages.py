"""A part of a list, and where the next part begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def merge_pages(pages: Iterable[Page[T]], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """One page out of several lists' pages (newest first, each asked for with this limit and cursor).

    ``cursor_of`` gives what a list is ordered by; items that several lists hold come once.
    """
    given = tuple(pages)
    if len(given) == 1:
        return given[0]
    found = {cursor_of(item): item for page in given for item in page.items}
    order = sorted(found, reverse=True)
    more = len(order) > limit or any(page.next_cursor for page in given)
    return Page(tuple(found[one] for one in order[:limit]), order[:limit][-1] if more and order else "")
