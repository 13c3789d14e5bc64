"""Excel workbooks: each sheet under its name, each row with the names of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook

from integrations.parsing.archive import check_office_file
from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Draft, Reading
from integrations.parsing.formats.titles import real_title
from integrations.parsing.formats.xlsx_formulas import has_uncomputed
from integrations.parsing.formats.xlsx_values import shown
from integrations.parsing.tables import Header, write_table

_UNCOMPUTED = (
    "Some formulas have no saved result, and their cells are missing: open the file in Excel or LibreOffice, save it "
    "and upload that."
)
_MAX_ROWS = 200_000
_MAX_CELLS = 1_000_000


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a workbook; formulas count as the value that was last computed and saved."""
    check_office_file(path, "xlsx", bounds)
    draft = Draft(bounds)
    with path.open("rb") as stream:  # given a path, openpyxl looks at the name instead of the content
        workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        _write_sheets(draft, workbook)
        if has_uncomputed(stream):
            draft.warn(_UNCOMPUTED)
        draft.title = real_title(workbook.properties.title)
    return draft.done()


def _write_sheets(draft: Draft, workbook: Workbook) -> None:
    count = _Count()
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            draft.warn(f"The sheet {sheet.title!r} is hidden and was not read.")
            continue
        # What a sheet says of its own size is often wrong, and would cut it off.
        sheet.reset_dimensions()
        draft.heading(sheet.title, 1)
        write_table(draft, count.watched(sheet.iter_rows()), Header.USUAL)


class _Count:
    """Rows and filled cells read so far: a few bytes of XML can claim a million of either."""

    def __init__(self) -> None:
        self._rows = 0
        self._cells = 0

    def watched(self, rows: Iterable[Iterable[object]]) -> Iterator[list[str]]:
        """Each row that is not empty, as text; ``Unreadable`` beyond the bounds."""
        for row in rows:
            texts = [shown(cell) for cell in row]
            filled = sum(1 for text in texts if text)
            if not filled:
                continue
            self._rows += 1
            self._cells += filled
            if self._rows > _MAX_ROWS or self._cells > _MAX_CELLS:
                raise Unreadable(
                    f"The workbook holds more than {_MAX_ROWS:,} rows or {_MAX_CELLS:,} cells: split it."
                )
            yield texts
