"""Plain text: paragraphs between blank lines, list items, and lines that stand as headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from integrations.parsing.blocks import Bounds, Draft, Reading
from integrations.parsing.content import read_text
from integrations.parsing.formats.text_lines import ITEM, unwrap
from integrations.parsing.tidy import seen

_UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|\*{3,}|_{3,}|~{3,})\s*")
_LONGEST_HEADING = 80


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a plain text file."""
    draft = Draft(bounds)
    for lines in _paragraphs(seen(read_text(path, "txt", bounds))):
        _write(draft, lines)
    draft.title = draft.first_line
    return draft.done()


def _paragraphs(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            lines.append(line.rstrip())
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _write(draft: Draft, lines: list[str]) -> None:
    if len(lines) > 1 and _is_underlined(lines[0], lines[1]):
        draft.heading(lines[0], 1 if "=" in lines[1] else 2)
        lines = lines[2:]
    elif _is_capitals(lines[0]):
        draft.heading(lines[0], 1)
        lines = lines[1:]
    running: list[str] = []
    for line in lines:
        if _UNDERLINE.fullmatch(line):
            continue
        item = ITEM.match(line)
        if item is None:
            running.append(line.strip())
            continue
        _flush(draft, running)
        running = [line.strip()]
    _flush(draft, running)


def _flush(draft: Draft, lines: list[str]) -> None:
    if not lines:
        return
    item = ITEM.match(lines[0])
    if item is None:
        draft.paragraph(unwrap(lines))
        return
    draft.item(unwrap([item["text"], *lines[1:]]), marker=item["marker"])


def _is_underlined(line: str, below: str) -> bool:
    return (
        len(line) <= _LONGEST_HEADING and len(below.strip()) >= 3 and _UNDERLINE.fullmatch(below) is not None
    )


def _is_capitals(line: str) -> bool:
    """Whether a line at a paragraph's start is set in capitals, as headings of plain text are."""
    letters = [char for char in line if char.isalpha()]
    return (
        len(letters) > 3
        and len(line) <= _LONGEST_HEADING
        and all(char.isupper() for char in letters)
        and not line.rstrip().endswith((".", "!", "?", ",", ";"))
        and 2 * len(letters) > len(line.replace(" ", ""))
    )
