"""Running headers and footers of a PDF: lines that stand in the margin of page after page."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise, zip_longest

from integrations.parsing.formats.contacts import CONTACT
from integrations.parsing.formats.pdf_lines import Line, body_size
from integrations.parsing.formats.pdf_tables import is_row

_ZONE = 0.1
"""The share of a page's height, at its top and at its bottom, in which running lines are looked for."""

_NUMBER_ZONE = 0.2
"""The same for lines that are only a page's number."""

_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:p[áa]g(?:ina|e)?|page)\W*)?#(?:\s*(?:/|de|of|sur)\s*#)?\W*", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_LARGER = 1.15
_MOSTLY = 0.7
_FEW_PAGES = 4
Key = tuple[bool, str, float]


def without_running_lines(lines: Sequence[Line], pages: int) -> tuple[list[Line], list[str]]:
    """The lines without those that repeat in the margins; and of these, once each, those that hold contacts.

    A line set larger than the running text is a title that pages repeat: its first stays.
    """
    seen: dict[Key, list[Line]] = defaultdict(list)
    for line, below in zip_longest(lines, lines[1:]):
        key = _key(line)
        if key is not None and not _heads_table(line, below):
            seen[key].append(line)
    body = body_size(lines)
    running = [found for found in seen.values() if _runs(found, pages, body)]
    dropped = {id(line) for found in running for line in found[found[0].size > _LARGER * body :]}
    contacts = [found[0].text for found in running if _is_contact(found)]
    return [line for line in lines if id(line) not in dropped], contacts


def _runs(lines: Sequence[Line], pages: int, body: float) -> bool:
    """Whether lines of one key stand on page after page, and say the same but for counting the pages."""
    if len({line.page for line in lines}) < _often(pages):
        return False
    if len({line.text for line in lines}) == 1:
        return True
    if pages < _FEW_PAGES and _PAGE_NUMBER.fullmatch(_DIGITS.sub("#", lines[0].text)) is None:
        return False  # "Capítulo 1" and "Capítulo 2" on two pages count chapters
    return lines[0].size <= _LARGER * body and _counts_pages(lines)


def _counts_pages(lines: Sequence[Line]) -> bool:
    """Whether a number in the lines mostly grows as the pages do: "Página 3 de 9", but not "Art. 3"."""
    numbers = [[int(digits[-9:]) for digits in _DIGITS.findall(line.text)] for line in lines]
    steps = [line.page - before.page for before, line in pairwise(lines)]
    for column in zip(*numbers, strict=True):
        grown = [number - before for before, number in pairwise(column)]
        if sum(map(int.__eq__, grown, steps)) >= _MOSTLY * len(steps):
            return True
    return False


def _heads_table(line: Line, below: Line | None) -> bool:
    """Whether a line names the columns of rows right below it, and so stands on every page of a long table."""
    if below is None or not is_row(line) or not is_row(below):
        return False
    return line.page == below.page and 0 < below.top - line.bottom < 3 * line.size


def _often(pages: int) -> int:
    return 2 if pages < _FEW_PAGES else max(3, math.ceil(0.2 * pages))


def _key(line: Line) -> Key | None:
    """What makes lines of several pages the same: their margin, their text but for numbers, their size."""
    text = _DIGITS.sub("#", line.text)
    zone = _ZONE if _PAGE_NUMBER.fullmatch(text) is None else _NUMBER_ZONE
    at_top = line.bottom <= zone * line.height
    at_bottom = line.top >= (1 - zone) * line.height
    return (at_top, text, line.size) if at_top or at_bottom else None


def _is_contact(lines: Sequence[Line]) -> bool:
    return len({line.text for line in lines}) == 1 and CONTACT.search(lines[0].text) is not None
