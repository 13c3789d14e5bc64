"""Tables of a PDF: lines below each other whose parts stand in the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from integrations.parsing.formats.pdf_lines import Cell, Line
from integrations.parsing.formats.text_lines import ITEM
from integrations.parsing.tables import Header

_FAR = 3.5
"""Times the font's size: lines further apart belong to different tables."""

_SAMPLE = 5
_SHIFTED = 12.0
"""Points that a table's columns may have moved from one page to the next: margins of left and right pages differ."""


@dataclass
class Table:
    """The lines of a table: ``rows`` holds for each row its lines, the first of which has several parts."""

    rows: list[list[Line]] = field(default_factory=list)
    columns: list[tuple[float, float]] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        """All lines, in order."""
        return [line for row in self.rows for line in row]

    @property
    def pages(self) -> list[int]:
        """The page of each row."""
        return [row[0].page for row in self.rows]

    @property
    def header(self) -> Header:
        """Marked where only the first row is in bold, else to be told from the cells.

        A first row that does not name every column names some of them wrongly: better none.
        """
        first, *others = self.rows
        if first[0].row:
            marked = first[0].bold and not any(row[0].bold for row in others[:_SAMPLE])
            return Header.MARKED if marked and all(first[0].row) else Header.UNKNOWN
        if len(first[0].cells) < len(self.columns):
            return Header.NONE
        is_marked = first[0].bold and not any(row[0].bold for row in others)
        return Header.MARKED if is_marked else Header.DOUBTFUL

    def texts(self) -> list[list[str]]:
        """The cells' texts, row by row, one for each column."""
        return [list(row[0].row) or self._texts(row) for row in self.rows]

    def takes(self, line: Line) -> bool:
        """Add a line if it goes on with the table; whether it did."""
        before = self.rows[-1][-1] if self.rows else None
        if line.row or (before and before.row):
            if before is not None and not _goes_on_drawn(before, line):
                return False
            self.rows.append([line])
            return True
        if is_row(line):
            if before is not None and not (_follows(before, line) and self._fits(line)):
                return False
            self.rows.append([line])
            self.columns = _columns([row[0] for row in self.rows])
            return True
        if (
            before is None
            or before.page != line.page
            or not _follows(before, line)
            or not self._goes_on(line)
        ):
            return False
        self.rows[-1].append(line)
        return True

    def _fits(self, line: Line) -> bool:
        """Whether at least two parts of the line stand where others stand above them."""
        return sum(1 for cell in line.cells if _column_of(cell, self.columns) is not None) >= 2

    def _goes_on(self, line: Line) -> bool:
        """Whether a line of one part is the rest of the cell above it; in the first column it is a row."""
        column = _column_of(_whole(line), self.columns)
        if not column or line.bold != self.rows[-1][-1].bold:
            return False
        left, right = self.columns[column]
        return line.left >= left - line.size and line.right <= right + 4 * line.size

    def _texts(self, row: Sequence[Line]) -> list[str]:
        texts = [""] * len(self.columns)
        for cell in (cell for line in row for cell in line.cells or (_whole(line),)):
            column = _column_of(cell, self.columns) or 0
            texts[column] = f"{texts[column]} {cell.text}".strip()
        return texts


def table_at(lines: Sequence[Line], at: int) -> Table | None:
    """The table that begins with line ``at``, if one does: at least two rows."""
    table = Table()
    for line in islice(lines, at, None):
        if not table.takes(line):
            break
    return table if len(table.rows) > 1 else None


def is_row(line: Line) -> bool:
    """Whether a line's parts look like cells: more than one, the first of them no bullet or number of a list."""
    if len(line.cells) < 2:
        return False
    return len(line.cells) > 2 or ITEM.match(f"{line.cells[0].text} x") is None


def _follows(before: Line, line: Line) -> bool:
    """Whether a line stands right below another, or at the top of the next page."""
    if line.page != before.page:
        return line.page == before.page + 1 and line.size == before.size
    return 0 < line.top - before.bottom < _FAR * max(line.size, before.size)


def _goes_on_drawn(before: Line, line: Line) -> bool:
    """Whether a drawn row is the next of a table, also where the table goes on upon the next page."""
    if len(before.grid) != len(line.grid) or line.page - before.page not in {0, 1}:
        return False
    if line.page == before.page and before.grid != line.grid:
        return False
    return all(abs(one - other) < _SHIFTED for one, other in zip(before.grid, line.grid, strict=True))


def _whole(line: Line) -> Cell:
    return Cell(line.text, line.left, line.right)


def _columns(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """The stretches from left to right in which cells stand, told by the line with the most parts.

    A cell of another line widens the column that it overlaps; one that lies over several tells nothing,
    and one that lies in none makes its own.
    """
    columns: list[tuple[float, float]] = []
    for line in sorted(lines, key=lambda one: -len(one.cells)):
        for cell in line.cells:
            over = [n for n, (left, right) in enumerate(columns) if cell.left < right and left < cell.right]
            if not over:
                columns.append((cell.left, cell.right))
            elif len(over) == 1:
                left, right = columns[over[0]]
                columns[over[0]] = (min(left, cell.left), max(right, cell.right))
    return sorted(columns)


def _column_of(cell: Cell, columns: Sequence[tuple[float, float]]) -> int | None:
    """The column that a cell overlaps most."""
    overlaps = [min(cell.right, right) - max(cell.left, left) for left, right in columns]
    best = max(range(len(columns)), key=overlaps.__getitem__, default=None)
    return best if best is not None and overlaps[best] > 0 else None
