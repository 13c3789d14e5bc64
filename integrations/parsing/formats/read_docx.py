"""Word documents: headings by outline level, or by bold where none has one, lists, and tables, in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docx
from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

from integrations.parsing.archive import check_office_file
from integrations.parsing.blocks import Bounds, Draft, Reading
from integrations.parsing.formats.docx_bold import bold_headings
from integrations.parsing.formats.docx_styles import Styles, outline_level
from integrations.parsing.formats.docx_tables import is_frame, table_header, table_rows
from integrations.parsing.formats.docx_text import Targets, boxes, link_targets, paragraph_text
from integrations.parsing.formats.titles import real_title
from integrations.parsing.tables import Header, write_table

_PARAGRAPH, _TABLE, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tc")
_PROPERTIES, _NUMBERING = qn("w:pPr"), qn("w:numPr")
_WRAPPERS = {qn(name) for name in ("w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:smartTag")}
_CONTENTS = "Table of Contents"


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a Word document; its title is a paragraph styled as one, its property, or its first heading."""
    check_office_file(path, "docx", bounds)
    document: Document = docx.Document(str(path))
    draft = Draft(bounds)
    styles, targets = Styles(document.styles.element), link_targets(document)
    titles: list[str] = []
    content = list(_content(document.element.body))
    bold = bold_headings(content, styles, lambda one: _level(one.find(_PROPERTIES), styles))
    for element in content:
        if element.tag == _TABLE:
            header = table_header(element)
            if header is Header.UNKNOWN and styles.heads(element):
                header = Header.USUAL
            write_table(draft, table_rows(element, targets), header)
        else:
            _write_paragraph(draft, element, styles, titles, targets, bold.get(element, 0))
    titles.append(real_title(document.core_properties.title))
    draft.title = titles[0] or draft.first_heading or draft.first_line
    return draft.done()


def _content(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs and tables of the body, also those inside content controls, but no table of contents."""
    pending = list(reversed(parent))
    while pending:
        element = pending.pop()
        if element.tag == _TABLE and is_frame(element):
            pending.extend(reversed([part for cell in element.iter(_CELL) for part in cell]))
        elif element.tag in {_PARAGRAPH, _TABLE}:
            yield element
        elif element.tag in _WRAPPERS and not _is_contents(element):
            pending.extend(reversed(element))


def _is_contents(element: etree._Element) -> bool:
    gallery = element.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    return gallery is not None and gallery.get(qn("w:val")) == _CONTENTS


def _write_paragraph(
    draft: Draft, element: etree._Element, styles: Styles, titles: list[str], targets: Targets, bold: int
) -> None:
    """Add a paragraph to the draft; ``bold`` is its level where it is a heading by that alone, else 0."""
    properties = element.find(_PROPERTIES)
    style = styles.of(properties)
    level = _level(properties, styles) or (bold and bold + bool(titles))  # below the title
    is_heading = style.is_title or level  # it names, it does not lead
    text = paragraph_text(element, None if is_heading else targets)
    if style.is_contents:
        return
    if style.is_title:
        titles.extend([text] if text.strip() else [])
        draft.heading(text, 1)
    elif level:
        draft.heading(text, level)
    elif style.is_list or (properties is not None and properties.find(_NUMBERING) is not None):
        draft.item(text, _depth(properties))
    else:
        draft.paragraph(text)
    for box in boxes(element, targets):
        draft.paragraph(box)


def _level(properties: etree._Element | None, styles: Styles) -> int:
    return outline_level(properties) or styles.of(properties).level


def _depth(properties: etree._Element | None) -> int:
    found = None if properties is None else properties.find(f"{_NUMBERING}/{qn('w:ilvl')}")
    value = "" if found is None else found.get(qn("w:val"), "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 3 else 0
