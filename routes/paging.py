"""Lists as the contract has them: a bare array, and headers for what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from models.pages import Page
from routes.schemas.fields import LARGEST_LIMIT

T = TypeVar("T")


def listed(
    args: Mapping[str, Any], page: Callable[[int, str], Page[T]], count: Callable[[], int]
) -> tuple[tuple[T, ...], dict[str, str]]:
    """The page that ``args`` (``ListArguments``) asks for, with X-Next-Cursor and X-Total-Count."""
    found = page(min(args["limit"], LARGEST_LIMIT), args["cursor"])
    headers: dict[str, str] = {}
    if found.next_cursor:
        headers["X-Next-Cursor"] = found.next_cursor
    if args["count"]:
        headers["X-Total-Count"] = str(count())
    return found.items, headers
