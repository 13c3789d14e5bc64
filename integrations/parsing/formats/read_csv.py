"""CSV: each row with the names of its columns, whatever the separator and encoding."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from integrations.parsing.blocks import Bounds, Draft, Reading
from integrations.parsing.content import read_text
from integrations.parsing.tables import Header, write_table

_DELIMITERS = (";", ",", "\t", "|")
_SAMPLE_ROWS = 50
_SAMPLE_CHARACTERS = 100_000


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a CSV file."""
    text = read_text(path, "csv", bounds)
    draft = Draft(bounds)
    csv.field_size_limit(bounds.max_characters)
    delimiter, text = _delimiter(text)
    write_table(draft, _rows(text, delimiter), Header.USUAL)
    return draft.done()


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    # A quote that never closes would swallow the rest of the file as one cell.
    if text.count('"') % 2:
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(text: str) -> tuple[str, str]:
    """The separator, and the text without the line by which Excel names it (``sep=;``)."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], rest
    sample = text[:_SAMPLE_CHARACTERS]
    return max(_DELIMITERS, key=lambda one: _evenness(sample, one)), text


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """How large a share of the rows has the same number of cells (more than one), and that number."""
    widths = Counter(
        len(row)
        for row, _ in zip(_rows(sample, delimiter), range(_SAMPLE_ROWS), strict=False)
        if any(cell.strip() for cell in row)
    )
    several = [(count, width) for width, count in widths.items() if width > 1]
    if not several:
        return 0.0, 0
    count, width = max(several)
    return round(count / widths.total(), 1), width
