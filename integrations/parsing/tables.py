"""Tables as text: each row carries the names of its columns, so that it can be understood alone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from enum import Enum

from integrations.parsing.blocks import Draft

Row = Sequence[str]

_SAMPLE = 30
"""Rows that are looked at to tell where the header is."""

_LONGEST_NAME = 80
_LONGEST_FIGURE = 40
_YEAR = re.compile(r"(?:19|20)\d\d")
_FIGURE = re.compile(
    r"""[^\w]*(?:[A-Z]{1,3}\$|[$€£¥])?\s*     # currency
        [-+(]?\d[\d.,:/\s%()hH-]*              # digits, dates, times
        (?:\s*[^\W\d_]{1,4}\.?)?\W*            # a unit: "kg", "min."
    """,
    re.VERBOSE,
)
_SENTENCE_ENDS = (".", "?", "!", ":", ";", "…")


class Header(Enum):
    """What is known about a table's first row beforehand."""

    MARKED = "the file says that it is the header"
    USUAL = "it usually is in such a file"
    UNKNOWN = "it must be told from the cells"
    DOUBTFUL = "there may be none: only figures below it show one"
    NONE = "the file says that there is none"


def write_table(draft: Draft, rows: Iterable[Row], header: Header, pages: Iterable[int] = ()) -> None:
    """Add each row to the draft as ``"Name: value; Name: value"``, on its page where ``pages`` says it.

    Lines above the header (a title of the table, say) become paragraphs. Without a header two columns
    are written ``"left: right"`` and more with bars between them. Empty cells and rows are passed over.
    """
    placed = zip(map(_clean, rows), itertools.chain(pages, itertools.repeat(draft.page)), strict=False)
    filled = (entry for entry in placed if any(entry[0]))
    sample = list(itertools.islice(filled, _SAMPLE))
    at = _find_header([row for row, _ in sample], header)
    heads = [] if at is None else [sample[at][0]]
    for title, draft.page in sample[: at or 0]:
        draft.paragraph(" ".join(cell for cell in title if cell))
    rest = sample[0 if at is None else at + 1 :]
    names = heads[0] if heads else ()
    if heads and len(rest) > 1 and _says_more(names, rest[0][0]):
        heads.append(rest.pop(0)[0])
        names = _both(*heads)
    for row, draft.page in itertools.chain(rest, filled):
        if row not in heads:  # a header repeated on every page
            draft.row(row_text(names, row))


def row_text(names: Row, row: Row) -> str:
    """One row as text, with the names of its columns where there are any."""
    if not names:
        return _nameless([cell for cell in row if cell])
    named = itertools.zip_longest(names, row, fillvalue="")
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def _says_more(names: Row, below: Row) -> bool:
    """Whether a row goes on with the header: it names the columns over which a cell of the header reaches."""
    width = max(len(names), len(below))
    names, below = _widened(names, width), _widened(below, width)
    reached = {n for n in range(1, width) if not names[n] and any(names[:n])}
    reached |= {n - 1 for n in reached if names[n - 1]}
    if not reached or not all(below[n] and _could_be_name(below[n]) for n in reached):
        return False
    return all(below[n] in {"", names[n]} for n in range(width) if n not in reached)


def _both(names: Row, below: Row) -> Row:
    """The names of two rows as one: "Preço" over "curto" and "longo" are "Preço curto" and "Preço longo"."""
    width = max(len(names), len(below))
    found: list[str] = []
    above = ""
    for name, more in zip(_widened(names, width), _widened(below, width), strict=True):
        above = name or above
        found.append(above if more in {"", above} else f"{above} {more}".strip())
    return tuple(found)


def _widened(row: Row, width: int) -> Row:
    return (*row, *[""] * (width - len(row)))


def is_figure(cell: str) -> bool:
    """Whether a cell is an amount, a number, a date or a time rather than a name."""
    return len(cell) <= _LONGEST_FIGURE and _FIGURE.fullmatch(cell) is not None


def _clean(row: Row) -> Row:
    cells = [" ".join(cell.split()) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _nameless(cells: Row) -> str:
    between = ": " if len(cells) == 2 else " | "
    return "".join(
        cell if last else cell + (" " if cell.endswith(_SENTENCE_ENDS) else between)
        for cell, last in ((cell, n == len(cells)) for n, cell in enumerate(cells, 1))
    )


def _find_header(sample: Sequence[Row], header: Header) -> int | None:
    width = max((_filled(row) for row in sample), default=0)
    if header is Header.NONE or len(sample) < 2:
        return None
    if header is Header.MARKED:
        return 0
    if width < 2:
        return None
    at = next((n for n, row in enumerate(sample) if _filled(row) >= max(2, 0.6 * width)), None)
    if at is None or at == len(sample) - 1 or not _could_be_names(sample[at]):
        return None
    if header is Header.USUAL or (header is Header.UNKNOWN and width > 2):
        return at
    return at if _figures_below(sample[at], sample[at + 1 :]) else None


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell)


def _could_be_names(row: Row) -> bool:
    cells = [cell for cell in row if cell]
    years = [cell for cell in cells if _YEAR.fullmatch(cell)]
    if len(years) == 1 or len(years) == len(cells):  # several years beside a name are columns, one is a value
        return False
    if 2 * len(set(cells)) <= len(cells):
        return False
    return all(cell in years or _could_be_name(cell) for cell in cells)


def _could_be_name(cell: str) -> bool:
    return len(cell) <= _LONGEST_NAME and not is_figure(cell) and not cell.endswith(_SENTENCE_ENDS)


def _figures_below(names: Row, rows: Sequence[Row]) -> bool:
    """Whether a column but the first holds mostly figures under a name that is none."""
    return any(_mostly_figures(rows, column) for column in range(1, len(names)))


def _mostly_figures(rows: Sequence[Row], column: int) -> bool:
    cells = [row[column] for row in rows if column < len(row) and row[column]]
    return bool(cells) and 2 * sum(map(is_figure, cells)) >= len(cells)
