"""Lists as the contract has them: a bare array, and headers for what follows."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kit.errors import Invalid
from models.pages import Page
from routes.schemas.fields import LARGEST_LIMIT

T = TypeVar("T")
_ENCODED = "~"


def listed(
    args: Mapping[str, Any], page: Callable[[int, str], Page[T]], count: Callable[[], int]
) -> tuple[tuple[T, ...], dict[str, str]]:
    """The page that ``args`` (``ListArguments``) asks for, with X-Next-Cursor and X-Total-Count."""
    found = page(min(args["limit"], LARGEST_LIMIT), _read(args["cursor"]))
    headers: dict[str, str] = {}
    if found.next_cursor:
        headers["X-Next-Cursor"] = _written(found.next_cursor)
    if args["count"]:
        headers["X-Total-Count"] = str(count())
    return found.items, headers


def _written(cursor: str) -> str:
    """A cursor as a header and an address can hold it: names in any script stand in some."""
    if re.fullmatch(r"[\w.-]+", cursor, re.ASCII):
        return cursor
    return _ENCODED + base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    if not cursor.startswith(_ENCODED):
        return cursor
    encoded = cursor.removeprefix(_ENCODED)
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError):
        raise Invalid.field("cursor", "Is no X-Next-Cursor of a page before.") from None
