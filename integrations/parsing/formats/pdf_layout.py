"""Lines of a PDF to headings, paragraphs, lists and tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from integrations.parsing.blocks import Draft
from integrations.parsing.formats.pdf_headings import Level, heading_levels
from integrations.parsing.formats.pdf_lines import Line
from integrations.parsing.formats.pdf_tables import table_at
from integrations.parsing.formats.text_lines import ITEM
from integrations.parsing.tables import write_table

_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", "”", '"', ")")
_OTHER_SIZE = 0.1
_WIDE_PITCH = 1.3
"""Times the usual distance between lines: a wider one parts paragraphs."""

_SHORT = 0.8
"""Of the column's width: a shorter line that ends a sentence ends its paragraph."""

_HEADING_LINES = 3


def write_lines(draft: Draft, lines: Sequence[Line]) -> None:
    """Give the draft what the lines make up, each block with the page that it starts on."""
    level_of = heading_levels(lines)
    flow = _Flow(draft, lines)
    at = 0
    while at < len(lines):
        table = table_at(lines, at)
        heading = [] if table else _heading_at(lines, at, level_of)
        if not table and not heading:
            flow.take(at)
            at += 1
            continue
        flow.flush()
        draft.page = lines[at].page
        if table:
            write_table(draft, table.texts(), table.header, table.pages)
        else:
            draft.heading(" ".join(line.text for line in heading).rstrip(":"), level_of(lines[at]))
        at += len(table.lines if table else heading)
    flow.flush()


def _heading_at(lines: Sequence[Line], at: int, level_of: Level) -> list[Line]:
    """The lines of the heading that begins at ``at``; none where there is none, or so many that it is text."""
    first = lines[at]
    level = level_of(first)
    if not level:
        return []
    found = [first]
    for line in lines[at + 1 : at + 1 + _HEADING_LINES]:
        before = found[-1]
        close = line.page == before.page and 0 < line.top - before.bottom < 1.7 * line.size
        if not close or line.size != first.size or level_of(line) != level:
            break
        found.append(line)
    return found if len(found) <= _HEADING_LINES else []


class _Flow:
    """The running text: lines gathered until a paragraph or list item ends."""

    def __init__(self, draft: Draft, lines: Sequence[Line]) -> None:
        self._draft = draft
        self._lines = lines
        self._edges = _edges(lines)
        self._pitches = _pitches(lines)
        self._taken: list[int] = []

    def take(self, at: int) -> None:
        """Go on with line ``at``."""
        if self._taken and self._ends(self._taken[-1], at):
            self.flush()
        self._taken.append(at)

    def flush(self) -> None:
        """Write what has been gathered."""
        if not self._taken:
            return
        first = self._lines[self._taken[0]]
        text = first.text
        for before, at in pairwise(self._taken):
            text += (" " if self._is_wrapped(before, at) else "\n") + self._lines[at].text
        self._taken = []
        self._draft.page = first.page
        item = ITEM.match(text)
        if item:
            self._draft.item(item["text"], marker=item["marker"])
        else:
            self._draft.paragraph(text)

    def _ends(self, before: int, at: int) -> bool:
        """Whether line ``at`` begins something new."""
        last, line = self._lines[before], self._lines[at]
        if ITEM.match(line.text) or abs(line.size - last.size) > _OTHER_SIZE * last.size:
            return True
        pitch = line.top - last.bottom
        if line.page != last.page or pitch < -line.size:
            return last.text.endswith(_SENTENCE_ENDS) or not self._is_wrapped(before, at)
        if pitch > _WIDE_PITCH * self._pitches[last.size]:
            return True
        return last.text.endswith(_SENTENCE_ENDS) and (self._is_short(before) or self._is_indented(at))

    def _is_short(self, at: int) -> bool:
        line = self._lines[at]
        left = self._lines[self._taken[0]].left
        return line.right - left < _SHORT * (self._edges[at] - left)

    def _is_indented(self, at: int) -> bool:
        """Whether a line begins further right than its paragraph; the lines of a list item all do."""
        first = self._lines[self._taken[0]]
        line = self._lines[at]
        return (
            not ITEM.match(first.text)
            and line.size < line.left - min(first.left, self._lines[at - 1].left) < 5 * line.size
        )

    def _is_wrapped(self, before: int, at: int) -> bool:
        """Whether a line ended only because the next word did not fit."""
        last, line = self._lines[before], self._lines[at]
        word = line.text.split(" ", 1)[0]
        if word[:1].islower():
            return True
        if last.text[-1].isdigit() and word[:1].isupper():
            return False  # rows of a table whose columns cannot be told
        width = (line.right - line.left) / len(line.text) * (len(word) + 1)
        return last.right + width > self._edges[before] - 0.5 * last.size


def _edges(lines: Sequence[Line]) -> list[float]:
    """For each line how far right its column reaches: the furthest line of its size before the text jumps up."""
    stretches: list[int] = []
    furthest: dict[tuple[int, float], float] = defaultdict(float)
    for at, line in enumerate(lines):
        before = lines[at - 1] if at else line
        jumps = line.page != before.page or line.top < before.bottom - line.size
        stretches.append(stretches[-1] + jumps if stretches else 0)
        key = (stretches[-1], line.size)
        furthest[key] = max(furthest[key], line.right)
    return [furthest[stretch, line.size] for stretch, line in zip(stretches, lines, strict=True)]


def _pitches(lines: Sequence[Line]) -> dict[float, float]:
    """For each size the usual distance from one base line to the next."""
    found: dict[float, list[float]] = {line.size: [] for line in lines}
    for before, line in pairwise(lines):
        pitch = line.top - before.bottom
        if (
            line.page == before.page
            and line.size == before.size
            and 0.5 * line.size < pitch < 2.5 * line.size
        ):
            found[line.size].append(pitch)
    return {size: median(pitches) if pitches else 1.4 * size for size, pitches in found.items()}
