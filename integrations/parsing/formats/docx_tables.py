"""Tables of a Word document as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator

from docx.oxml.ns import qn
from lxml import etree

from integrations.parsing.formats.docx_text import NO_TARGETS, Targets, paragraph_text
from integrations.parsing.tables import Header

_ROW, _CELL, _PARAGRAPH, _RUN, _VALUE = qn("w:tr"), qn("w:tc"), qn("w:p"), qn("w:r"), qn("w:val")
_WRAPPERS = {qn(name) for name in ("w:sdt", "w:sdtContent", "w:customXml", "w:ins")}
_WIDEST = 100


def is_frame(table: etree._Element) -> bool:
    """Whether a table is only a frame around text: it has one column and no tables within."""
    rows = [list(_below(row, _CELL)) for row in _below(table, _ROW)]
    return all(len(cells) < 2 for cells in rows) and table.find(f".//{qn('w:tbl')}") is None


def table_rows(table: etree._Element, targets: Targets = NO_TARGETS) -> Iterator[list[str]]:
    """The cells' texts row by row; a cell that reaches down is said again in each row that it covers."""
    above: list[str] = []
    for row in _below(table, _ROW):
        cells: list[str] = []
        for cell in _below(row, _CELL):
            at = len(cells)
            carried = above[at] if at < len(above) else ""
            text = carried if _continues(cell) else _cell_text(cell, targets)
            cells += [text, *[""] * (min(_wide(cell), max(1, _WIDEST - at)) - 1)]
        yield cells
        above = cells


def table_header(table: etree._Element) -> Header:
    """What the document says of the first row: marked as one, set in bold alone, or nothing."""
    rows = [list(_below(row, _CELL)) for row in _below(table, _ROW)]
    first = next(_below(table, _ROW), None)
    if first is None or len(rows) < 2:
        return Header.UNKNOWN
    if first.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None:
        return Header.MARKED
    bold_row = all(map(_is_bold, rows[0]))
    bold_column = all(_is_bold(row[0]) for row in rows if row)
    if bold_row and not bold_column:
        return Header.MARKED
    return Header.NONE if bold_column and not bold_row else Header.UNKNOWN


def _below(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The children of that kind, also inside content controls and insertions."""
    pending = list(reversed(parent))
    while pending:
        element = pending.pop()
        if element.tag == tag:
            yield element
        elif element.tag in _WRAPPERS:
            pending.extend(reversed(element))


def _cell_text(cell: etree._Element, targets: Targets) -> str:
    texts = (paragraph_text(one, targets).strip() for one in cell.iter(_PARAGRAPH))
    return "\n".join(filter(None, texts))


def _continues(cell: etree._Element) -> bool:
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    return merge is not None and merge.get(_VALUE, "continue") == "continue"


def _wide(cell: etree._Element) -> int:
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    value = "" if span is None else span.get(_VALUE, "")
    return min(max(1, int(value)), _WIDEST) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _is_bold(cell: etree._Element) -> bool:
    """Whether all text of a cell is set in bold, by its runs themselves; an empty cell says nothing."""
    runs = [run for run in cell.iter(_RUN) if any(text.strip() for text in run.itertext())]
    return bool(runs) and all(_is_bold_run(run) for run in runs)


def _is_bold_run(run: etree._Element) -> bool:
    bold = run.find(f"{qn('w:rPr')}/{qn('w:b')}")
    return bold is not None and bold.get(_VALUE, "true") not in {"0", "false", "off"}
