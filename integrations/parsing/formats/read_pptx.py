"""Presentations: each slide's title as a heading, its number as the page, its text, tables and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.shapes.group import GroupShape

from integrations.parsing.archive import check_office_file
from integrations.parsing.blocks import Bounds, Draft, Reading
from integrations.parsing.formats.titles import real_title
from integrations.parsing.tables import Header, write_table

_MARGIN = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.HEADER}
_BULLETS = {
    PP_PLACEHOLDER.BODY,
    PP_PLACEHOLDER.OBJECT,
    PP_PLACEHOLDER.VERTICAL_BODY,
    PP_PLACEHOLDER.VERTICAL_OBJECT,
}
_MAX_DEPTH = 20


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a presentation; its title is its property, or the title of its first slide."""
    check_office_file(path, "pptx", bounds)
    presentation = pptx.Presentation(str(path))
    draft = Draft(bounds)
    draft.pages = len(presentation.slides)
    for number, slide in enumerate(presentation.slides, 1):
        if slide.element.get("show") in {"0", "false"}:
            draft.warn(f"Slide {number} is hidden and was not read.")
            continue
        draft.page = number
        _write_slide(draft, slide)
    draft.title = real_title(presentation.core_properties.title) or draft.first_heading or draft.first_line
    return draft.done()


def _write_slide(draft: Draft, slide: Any) -> None:
    draft.border(1)  # a slide without a title does not belong to the one before
    title = slide.shapes.title
    if title is not None:
        draft.heading(title.text_frame.text.replace("\v", " "), 1)
    for shape in _shapes(slide.shapes, 0):
        if title is None or shape.shape_id != title.shape_id:
            _write_shape(draft, shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        for line in slide.notes_slide.notes_text_frame.text.split("\n"):
            draft.paragraph(line)


def _shapes(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    """All shapes with what is in their groups, in the order in which they are drawn."""
    for shape in shapes:
        if isinstance(shape, GroupShape):
            if depth < _MAX_DEPTH:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _write_shape(draft: Draft, shape: Any) -> None:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind in _MARGIN:
        return
    if getattr(shape, "has_table", False) and shape.has_table:
        _write_table(draft, shape.table)
    elif shape.has_text_frame:
        _write_text(draft, shape.text_frame, bullets=kind in _BULLETS)


def _write_text(draft: Draft, frame: Any, *, bullets: bool) -> None:
    texts = [(paragraph.level, paragraph.text) for paragraph in frame.paragraphs if paragraph.text.strip()]
    for level, text in texts:
        if bullets and len(texts) > 1:
            draft.item(text, level)
        else:
            draft.paragraph(text)


def _write_table(draft: Draft, table: Any) -> None:
    rows = ([_cell(cell) for cell in row.cells] for row in table.rows)
    write_table(draft, rows, Header.USUAL if table.first_row else Header.UNKNOWN)


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else str(cell.text)
