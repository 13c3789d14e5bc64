"""Several lists' pages make one."""

from __future__ import annotations

import pytest

from models.pages import Page, merge_pages


def page_of(items: str, limit: int, cursor: str) -> Page[str]:
    rest = [one for one in sorted(items, reverse=True) if not cursor or one < cursor]
    return Page(tuple(rest[:limit]), rest[limit - 1] if len(rest) > limit else "")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 20])
@pytest.mark.parametrize(
    "lists", [("adgk", "beh", "cfij"), ("abc", ""), ("abcd", "abcd"), ("a", "bcdefg"), ("",)]
)
def test_each_item_comes_once_in_order_whatever_the_limit(lists: tuple[str, ...], limit: int) -> None:
    found, cursor = "", ""
    while True:
        page = merge_pages((page_of(one, limit, cursor) for one in lists), limit, lambda one: one)
        assert len(page.items) <= limit
        found += "".join(page.items)
        cursor = page.next_cursor
        if not cursor:
            break
    assert found == "".join(sorted(set("".join(lists)), reverse=True))
