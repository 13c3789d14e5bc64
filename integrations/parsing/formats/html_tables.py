"""Tables of a web page as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from integrations.parsing.formats.html_text import is_unseen, seen_text
from integrations.parsing.tables import Header

_WIDEST = 100
"""Columns; wider spans are a mistake or an attack."""

_LAYOUT = ".//table | .//h1 | .//h2 | .//h3 | .//form"


def is_layout(table: etree._Element) -> bool:
    """Whether a table only places parts of the page: it holds headings, tables, forms, or one column."""
    if table.get("role") == "presentation" or table.xpath(_LAYOUT):
        return True
    return all(len(cells) < 2 for cells in _rows(table))


def read_table(table: etree._Element) -> tuple[list[list[str]], Header]:
    """A table's rows, cells that reach down said again in each row, and what is known of its header."""
    found = list(_rows(table))
    below: dict[int, tuple[str, int]] = {}
    return [_laid_out(cells, below) for cells in found], _header(found)


def _rows(table: etree._Element) -> Iterator[list[etree._Element]]:
    for row in table.iter("tr"):
        if not is_unseen(row):
            yield [cell for cell in row if cell.tag in {"td", "th"} and not is_unseen(cell)]


def _header(rows: list[list[etree._Element]]) -> Header:
    wide = [cells for cells in rows if len(cells) > 1]  # one cell alone is a title across the table
    if not wide:
        return Header.NONE
    if all(cell.tag == "th" for cell in wide[0]):
        return Header.MARKED if wide[0] is rows[0] else Header.USUAL
    if all(cells[0].tag == "th" for cells in wide):
        return Header.NONE  # each row is named by its first cell
    return Header.USUAL if any(cell.tag == "th" for cells in wide for cell in cells) else Header.UNKNOWN


def _laid_out(cells: list[etree._Element], below: dict[int, tuple[str, int]]) -> list[str]:
    row: list[str] = []
    for cell in cells:
        _reach_down(row, below)
        text, tall = seen_text(cell, targets=True), _span(cell, "rowspan")
        wide = min(_span(cell, "colspan"), max(1, _WIDEST - len(row)))
        for column in range(len(row), len(row) + wide):
            if tall > 1:
                below[column] = (text if column == len(row) else "", tall - 1)
        row += [text, *[""] * (wide - 1)]
    _reach_down(row, below)
    return row


def _reach_down(row: list[str], below: dict[int, tuple[str, int]]) -> None:
    """Fill the next columns with cells of rows above that cover this row too."""
    while len(row) in below and len(row) < _WIDEST:
        text, rows_left = below.pop(len(row))
        if rows_left > 1:
            below[len(row)] = (text, rows_left - 1)
        row.append(text)


def _span(cell: etree._Element, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(1, int(value)), _WIDEST) if value.isascii() and value.isdigit() and len(value) < 6 else 1
