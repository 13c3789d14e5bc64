"""The lines of a PDF page as PDFium reads them, with their place, size and weight."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pypdfium2 as pdfium
from pypdfium2 import raw

from integrations.parsing.formats.pdf_grids import Grid, cell_texts, page_grids

_BOLD_NAME = re.compile(r"bold|black|heavy|demi|cmbx|-bd", re.IGNORECASE)
_BOLD_WEIGHT = 600
_BOLD_FLAG = 1 << 18
_NAME_BYTES = 128
_SOFT_HYPHEN = "\ufffe"
"""What PDFium writes where it joined a word that was parted at the end of a line."""

_COLUMN_GAP = 1.3
"""Times the font's size: white space so wide stands between columns, not between words."""

_FILLED = 0.4
"""Of a drawn table's cells: where fewer hold text it is a chart or a form."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of a line without a wide gap; ``left`` and ``right`` in points from the page's left."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; ``top`` and ``bottom`` are its first and last base line in points from the page's top.

    ``height`` is the page's. ``cells`` is empty where no wide gap parts the line. ``row`` holds the texts of a row of
    a drawn table, one for each column, and ``grid`` the edges of its columns: all of them are one line then.
    """

    text: str
    page: int
    size: float
    bold: bool
    left: float
    right: float
    top: float
    bottom: float
    height: float
    cells: tuple[Cell, ...] = ()
    row: tuple[str, ...] = ()
    grid: tuple[float, ...] = ()


def body_size(lines: Iterable[Line]) -> float:
    """The size that most characters are set in, or 0."""
    characters = Counter[float]()
    for line in lines:
        characters[line.size] += len(line.text)
    return characters.most_common(1)[0][0] if characters else 0.0


def page_lines(page: pdfium.PdfPage, number: int) -> list[Line]:
    """The page's lines that hold text, in the order of the file."""
    text_page = page.get_textpage()
    try:
        reader = _Reader(page, text_page, number)
        lines = list(reader.lines())
        for grid in page_grids(page) if lines else ():
            lines = reader.with_rows(lines, grid)
        return lines
    finally:
        text_page.close()


class _Reader:
    """One page's text and the questions that can be asked about each character of it."""

    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage, number: int) -> None:
        self._text_page = text_page
        self._number = number
        self._turn = page.get_rotation()
        self._left, self._bottom, self._right, self._top = page.get_bbox()

    def lines(self) -> Iterator[Line]:
        at = 0
        for text in self._text_page.get_text_range().split("\r\n"):
            length = len(text) + sum(1 for char in text if char > "\uffff")  # PDFium counts in UTF-16
            if text.strip():
                yield self._line(text, at, at + length)
            at += length + 2

    def with_rows(self, lines: list[Line], grid: Grid) -> list[Line]:
        """The lines with those of a drawn table as its rows; as they were where it is mostly empty, or a frame."""
        left, top = grid.columns[0] - self._left, self._top - grid.rows[-1]
        right, bottom = grid.columns[-1] - self._left, self._top - grid.rows[0]
        within = [
            line
            for line in lines
            if line.left >= left - 2 and line.right <= right + 2 and top <= line.top and line.bottom <= bottom
        ]
        texts = cell_texts(self._text_page, grid) if within else []
        if sum(1 for row in texts for text in row if text) < _FILLED * len(grid.cells) * len(grid.cells[0]):
            return lines
        edges = tuple(edge - self._left for edge in grid.columns)
        held: dict[int, list[Line]] = {}
        for line in within:
            held.setdefault(grid.row(self._top - line.top), []).append(line)
        rows = [_row(its, texts[number], edges) for number, its in sorted(held.items()) if any(texts[number])]
        gone = {id(line) for line in within}
        at = next(n for n, line in enumerate(lines) if id(line) in gone)
        return [*lines[:at], *rows, *(line for line in lines[at:] if id(line) not in gone)]

    def _line(self, text: str, start: int, end: int) -> Line:
        first = self._index(start + len(text) - len(text.lstrip()))
        last = self._index(end - 1 - (len(text) - len(text.rstrip())))
        size = self._size(first)
        boxes = self._boxes(first, last - first + 1)
        _, top = self._origin(first)
        _, bottom = self._origin(last)
        cells: tuple[Cell, ...] = ()
        if _SOFT_HYPHEN not in text and _has_gap(boxes, _COLUMN_GAP * size):
            cells = self._cells(first, last, _COLUMN_GAP * size)
        return Line(
            text=text.strip(),
            page=self._number,
            size=round(2 * size) / 2,
            bold=self._is_bold(first) and self._is_bold(last),
            left=boxes[0][0] if boxes else 0.0,
            right=boxes[-1][1] if boxes else 0.0,
            top=top,
            bottom=bottom,
            height=self._top - self._bottom if self._turn in {0, 180} else self._right - self._left,
            cells=cells if len(cells) > 1 else (),
        )

    def _cells(self, first: int, last: int, gap: float) -> tuple[Cell, ...]:
        """The line parted where its characters stand far from each other."""
        cells: list[Cell] = []
        text, left, right = "", 0.0, 0.0
        for index in range(first, last + 1):
            char = chr(max(0, raw.FPDFText_GetUnicode(self._text_page, index)))
            box = None if char.isspace() else self._char_box(index)
            if box is not None:
                if text.strip() and box[0] - right > gap:
                    cells.append(Cell(text.strip(), left, right))
                    text = ""
                left, right = (left if text.strip() else box[0]), box[1]
            text += char
        return (*cells, Cell(text.strip(), left, right)) if text.strip() else tuple(cells)

    def _index(self, at: int) -> int:
        return max(0, int(raw.FPDFText_GetCharIndexFromTextIndex(self._text_page, at)))

    def _size(self, index: int) -> float:
        """The font's size as it is seen: PDFs may set it to 1 and enlarge it by a matrix."""
        matrix = raw.FS_MATRIX()
        size = float(raw.FPDFText_GetFontSize(self._text_page, index))
        if raw.FPDFText_GetMatrix(self._text_page, index, matrix):
            size *= math.hypot(matrix.c, matrix.d)
        return size if 0.1 < size < 2_000 else 10.0

    def _is_bold(self, index: int) -> bool:
        if raw.FPDFText_GetFontWeight(self._text_page, index) >= _BOLD_WEIGHT:
            return True
        name, flags = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_int()
        raw.FPDFText_GetFontInfo(self._text_page, index, name, _NAME_BYTES, flags)
        return bool(flags.value & _BOLD_FLAG) or _BOLD_NAME.search(name.value.decode("latin-1")) is not None

    def _boxes(self, first: int, count: int) -> list[tuple[float, float]]:
        """Left and right of each stretch of text that the file set at once."""
        found = max(0, raw.FPDFText_CountRects(self._text_page, first, count))
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        return [
            self._across(left.value, bottom.value, right.value, top.value)
            for n in range(found)
            if raw.FPDFText_GetRect(self._text_page, n, left, top, right, bottom)
        ]

    def _char_box(self, index: int) -> tuple[float, float] | None:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        if not raw.FPDFText_GetCharBox(self._text_page, index, left, right, bottom, top):
            return None
        return self._across(left.value, bottom.value, right.value, top.value)

    def _origin(self, index: int) -> tuple[float, float]:
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self._text_page, index, x, y)
        return self._turned(x.value, y.value)

    def _across(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float]:
        one, other = self._turned(left, bottom)[0], self._turned(right, top)[0]
        return min(one, other), max(one, other)

    def _turned(self, x: float, y: float) -> tuple[float, float]:
        """A point as seen on the turned page: from its left and from its top."""
        from_left, from_top = x - self._left, self._top - y
        from_right, from_bottom = self._right - x, y - self._bottom
        return {
            0: (from_left, from_top),
            90: (from_bottom, from_left),
            180: (from_right, from_bottom),
            270: (from_top, from_right),
        }.get(self._turn, (from_left, from_top))


def _row(lines: Sequence[Line], texts: Sequence[str], edges: tuple[float, ...]) -> Line:
    """One line of all that stands in a row of a drawn table."""
    cells = tuple(Cell(text, edges[n] + 1, edges[n + 1] - 1) for n, text in enumerate(texts) if text)
    return replace(
        lines[0],
        text=" ".join(cell.text for cell in cells),
        bold=all(line.bold for line in lines),
        left=edges[0],
        right=edges[-1],
        top=min(line.top for line in lines),
        bottom=max(line.bottom for line in lines),
        cells=cells if len(cells) > 1 else (),
        row=tuple(texts),
        grid=edges,
    )


def _has_gap(boxes: list[tuple[float, float]], gap: float) -> bool:
    return any(box[0] - before[1] > gap for before, box in pairwise(boxes))
