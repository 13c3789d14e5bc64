"""Which lines of a PDF are headings: those set larger than the running text, or in bold and alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from integrations.parsing.formats.pdf_lines import Line, body_size
from integrations.parsing.formats.text_lines import BULLETS

_LARGER = 1.15
_LONGEST = 160
_LONGEST_BOLD = 100
_MAX_SIZES = 4
_HEADING_SHARE = 0.3
"""Of all characters: where more of them are large, size says nothing of headings (a poster, a form)."""

_BOLD_SHARE = 0.25
_LEADERS = re.compile(r"\.{4}|…{2}|(?:\. ){3}")
"""The dots of a table of contents."""

_OPEN_ENDS = (".", ",", ";", "-", "–")

Level = Callable[[Line], int]


def heading_levels(lines: Sequence[Line]) -> Level:
    """A function that tells a line's heading level: 1 for the largest size, 0 for what is no heading."""
    body = body_size(lines)
    total = sum(len(line.text) for line in lines)
    sizes = _heading_sizes(lines, body, total)
    bold_counts = sum(len(line.text) for line in lines if line.bold) <= _BOLD_SHARE * total

    def level(line: Line) -> int:
        if line.size in sizes and _reads_as_heading(line, _LONGEST):
            return min(sizes.index(line.size) + 1, _MAX_SIZES)
        if bold_counts and line.bold and line.size >= 0.95 * body and _reads_as_heading(line, _LONGEST_BOLD):
            return 0 if line.text.endswith(_OPEN_ENDS) else min(len(sizes), _MAX_SIZES) + 1
        return 0

    return level


def _heading_sizes(lines: Sequence[Line], body: float, total: int) -> list[float]:
    """Sizes that headings are set in, largest first."""
    share = Counter[float]()
    for line in lines:
        if line.size >= _LARGER * body and _reads_as_heading(line, _LONGEST):
            share[line.size] += len(line.text)
    sizes = sorted(share, reverse=True)
    while sizes and sum(share[size] for size in sizes) > _HEADING_SHARE * total:
        sizes.pop()
    return sizes


def _reads_as_heading(line: Line, longest: int) -> bool:
    if line.cells or len(line.text) > longest or line.text[0] in BULLETS or _LEADERS.search(line.text):
        return False
    letters = sum(1 for char in line.text if char.isalpha())
    return letters >= 3 and 2 * letters >= len(line.text.replace(" ", ""))
