"""Tables of a PDF that are drawn with lines: what stands in one box is one cell, however many lines it takes."""

from __future__ import annotations

import ctypes
import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pypdfium2 as pdfium
from pypdfium2 import raw

_THIN = 3.0  # points: a drawn line is no thicker
_NEAR = 3.0  # points: lines so near are one
_SHORTEST = 6.0
_MOST_OBJECTS = 5_000
_MOST_LINES = 1_000
_MOST_CELLS = 5_000
_LONGEST_CELL = 1_500
"""Characters; boxes that hold more frame the page's text."""

_JOINED = "\ufffe\u00ad"


@dataclass(frozen=True)
class Rule:
    """A drawn line: ``at`` is where it lies, from ``start`` to ``end`` it goes; in the page's own points."""

    at: float
    start: float
    end: float


@dataclass(frozen=True)
class Grid:
    """A drawn table: the edges of its columns from left to right and of its rows from bottom to top.

    ``cells`` says for each row (from the top) and column the cell that it is part of, by its first row and column.
    """

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    cells: tuple[tuple[tuple[int, int], ...], ...]

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.columns[0] <= x <= self.columns[-1] and self.rows[0] <= y <= self.rows[-1]

    def row(self, y: float) -> int:
        """The row, from the top, at that height."""
        return len(self.cells) - min(max(bisect_right(self.rows, y), 1), len(self.cells))

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """The cell in which a point lies."""
        row = self.cells[self.row(y)]
        return row[min(max(bisect_right(self.columns, x) - 1, 0), len(row) - 1)]


@dataclass
class _Text:
    """What a cell says, gathered character by character."""

    characters: list[str] = field(default_factory=list)
    base: float | None = None

    def add(self, character: str, base: float, size: float) -> None:
        if self.base is not None and abs(base - self.base) > size / 2 and character not in _JOINED:
            self.characters.append(" ")
        self.base = base
        self.characters.append("" if character in _JOINED else character)

    def __str__(self) -> str:
        return " ".join("".join(self.characters).split())


def page_grids(page: pdfium.PdfPage) -> list[Grid]:
    """The drawn tables of an upright page: at least two rows and two columns."""
    if page.get_rotation() or not 0 < raw.FPDFPage_CountObjects(page) <= _MOST_OBJECTS:
        return []
    down: list[Rule] = []
    across: list[Rule] = []
    for left, bottom, right, top in _strokes(page):
        if right - left <= _THIN and top - bottom >= _SHORTEST:
            down.append(Rule((left + right) / 2, bottom, top))
        elif top - bottom <= _THIN and right - left >= _SHORTEST:
            across.append(Rule((top + bottom) / 2, left, right))
    if not 3 <= len(down) <= _MOST_LINES or not 3 <= len(across) <= _MOST_LINES:
        return []
    found = (_grid(*group) for group in _touching(down, across))
    return [grid for grid in found if grid is not None]


def cell_texts(text_page: pdfium.PdfTextPage, grid: Grid) -> list[list[str]]:
    """A grid's texts, row by row; a cell that reaches down is said again in each row; none where it is a frame."""
    cells: dict[tuple[int, int], _Text] = {}
    here: _Text | None = None
    box = tuple(ctypes.c_double() for _ in range(4))
    for index in range(text_page.count_chars()):
        character = chr(max(0, raw.FPDFText_GetUnicode(text_page, index)))
        if character.isspace():
            if here is not None:
                here.characters.append(" ")
            continue
        if not raw.FPDFText_GetCharBox(text_page, index, *box):
            continue
        left, right, bottom, top = (one.value for one in box)
        x, y = (left + right) / 2, (bottom + top) / 2
        here = cells.setdefault(grid.cell(x, y), _Text()) if grid.holds(x, y) else None
        if here is not None:
            base = ctypes.c_double()
            raw.FPDFText_GetCharOrigin(text_page, index, ctypes.c_double(), base)
            here.add(character, base.value, max(top - bottom, 4.0))
    if any(len(text.characters) > _LONGEST_CELL for text in cells.values()):
        return []
    texts = {place: str(text) for place, text in cells.items()}
    return [
        [texts.get(place, "") if place[1] == column else "" for column, place in enumerate(row)]
        for row in grid.cells
    ]


def _strokes(page: pdfium.PdfPage) -> Iterator[tuple[float, float, float, float]]:
    """The straight lines that are drawn on a page, as boxes; thin filled boxes are lines too."""
    for drawn in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        if not raw.FPDFPath_GetDrawMode(drawn, mode, stroke):
            continue
        points = list(_points(drawn))
        if not points:
            continue
        whole = _box(point for point, _ in points)
        if min(whole[2] - whole[0], whole[3] - whole[1]) <= _THIN:
            yield whole
        elif stroke.value:
            for (one, _), (other, goes_on) in itertools.pairwise(points):
                if goes_on:
                    yield _box((one, other))


def _points(drawn: pdfium.PdfObject) -> Iterator[tuple[tuple[float, float], bool]]:
    """The corners of a path, and whether a line leads to each from the one before."""
    matrix = drawn.get_matrix()
    start: tuple[float, float] | None = None
    x, y = ctypes.c_float(), ctypes.c_float()
    for number in range(min(raw.FPDFPath_CountSegments(drawn), 200)):
        segment = raw.FPDFPath_GetPathSegment(drawn, number)
        if not raw.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        point = matrix.on_point(x.value, y.value)
        is_line = raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_LINETO
        yield point, is_line and start is not None
        if not is_line or start is None:
            start = point
        if raw.FPDFPathSegment_GetClose(segment):
            yield start, True


def _box(points: Iterable[tuple[float, float]]) -> tuple[float, float, float, float]:
    across, up = zip(*points, strict=True)
    return min(across), min(up), max(across), max(up)


def _touching(down: Sequence[Rule], across: Sequence[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Lines that cross or meet each other, directly or by others, together."""
    left_down, left_across = list(down), list(across)
    while left_down:
        new_down = [left_down.pop()]
        group_down, group_across = list(new_down), list[Rule]()
        while new_down:
            met = [any(_meet(one, rule) for one in new_down) for rule in left_across]
            new, left_across = _parted(left_across, met)
            met = [any(_meet(rule, one) for one in new) for rule in left_down]
            new_down, left_down = _parted(left_down, met)
            group_across += new
            group_down += new_down
        yield group_down, group_across


def _parted(rules: Sequence[Rule], met: Sequence[bool]) -> tuple[list[Rule], list[Rule]]:
    """The rules that were met, and the others."""
    pairs = list(zip(rules, met, strict=True))
    return [rule for rule, was in pairs if was], [rule for rule, was in pairs if not was]


def _meet(down: Rule, across: Rule) -> bool:
    return (
        across.start - _NEAR <= down.at <= across.end + _NEAR
        and down.start - _NEAR <= across.at <= down.end + _NEAR
    )


def _grid(down: Sequence[Rule], across: Sequence[Rule]) -> Grid | None:
    columns, rows = _edges(down), _edges(across)
    if len(columns) < 3 or len(rows) < 3 or len(columns) * len(rows) > _MOST_CELLS:
        return None
    walls, floors = _on(columns, down), _on(rows, across)
    cells: list[tuple[tuple[int, int], ...]] = []
    for row in range(len(rows) - 1):
        low = len(rows) - 2 - row
        found: list[tuple[int, int]] = []
        for column in range(len(columns) - 1):
            if column and not _drawn(walls[column], rows[low], rows[low + 1]):
                found.append(found[-1])
            elif row and not _drawn(floors[low + 1], columns[column], columns[column + 1]):
                found.append(cells[-1][column])
            else:
                found.append((row, column))
        cells.append(tuple(found))
    return Grid(columns, rows, tuple(cells))


def _edges(rules: Iterable[Rule]) -> tuple[float, ...]:
    """Where lines lie, those that are hardly apart as one."""
    edges: list[float] = []
    for at in sorted(rule.at for rule in rules):
        if not edges or at - edges[-1] > _NEAR:
            edges.append(at)
    return tuple(edges)


def _on(edges: Sequence[float], rules: Iterable[Rule]) -> list[list[Rule]]:
    """The rules that lie on each edge."""
    found: list[list[Rule]] = [[] for _ in edges]
    for rule in rules:
        found[bisect_right(edges, rule.at) - 1].append(rule)
    return found


def _drawn(rules: Iterable[Rule], start: float, end: float) -> bool:
    """Whether a line is drawn between two cells, told in the middle."""
    middle = (start + end) / 2
    return any(rule.start - _NEAR <= middle <= rule.end + _NEAR for rule in rules)
