"""What a Word paragraph's style says of it: a heading of a level, a title, a list, a line of the contents."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docx.oxml.ns import qn
from lxml import etree

_VALUE = qn("w:val")
_HEADING_NAME = re.compile(r"(?:heading|t[ií]tulo|titre)\s*([1-9])", re.IGNORECASE)
_CONTENTS_NAME = re.compile(r"toc\s*(?:\d|heading)", re.IGNORECASE)
_MAX_BASES = 20


@dataclass(frozen=True)
class Style:
    """A paragraph style; ``level`` is that of a heading, from 1, or 0."""

    level: int = 0
    is_title: bool = False
    is_list: bool = False
    is_contents: bool = False


class Styles:
    """A document's styles, each read once, with what it takes over from those it is based on."""

    def __init__(self, styles: etree._Element) -> None:
        self._elements = {one.get(qn("w:styleId"), ""): one for one in styles.iterfind(qn("w:style"))}
        self._read: dict[str, Style] = {}

    def of(self, properties: etree._Element | None) -> Style:
        """The style that a paragraph's properties name."""
        name = None if properties is None else properties.find(qn("w:pStyle"))
        key = "" if name is None else name.get(_VALUE, "")
        if key not in self._read:
            self._read[key] = self._style(key)
        return self._read[key]

    def is_bold(self, properties: etree._Element | None) -> bool:
        """Whether the style that a paragraph's properties name sets its text in bold."""
        return _on(self._first(properties, "w:pStyle", "w:b"))

    def is_bold_character(self, properties: etree._Element | None) -> bool:
        """Whether the character style that a run's properties name is bold."""
        return _on(self._first(properties, "w:rStyle", "w:b"))

    def size(self, properties: etree._Element | None) -> int:
        """The size of text that a paragraph's style sets, in half points; 0 where none does."""
        found = self._first(properties, "w:pStyle", "w:sz")
        value = "" if found is None else found.get(_VALUE, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0

    def _first(self, properties: etree._Element | None, kind: str, what: str) -> etree._Element | None:
        """What a style says of its text, or else the first of those it is based on that does."""
        name = None if properties is None else properties.find(qn(kind))
        key = "" if name is None else name.get(_VALUE, "")
        found = (one.find(f"{qn('w:rPr')}/{qn(what)}") for one in self._with_bases(key))
        return next((one for one in found if one is not None), None)

    def heads(self, table: etree._Element) -> bool:
        """Whether a table's style sets off the first row, and the table has that switched on."""
        properties = table.find(qn("w:tblPr"))
        name = None if properties is None else properties.find(qn("w:tblStyle"))
        look = None if properties is None else properties.find(qn("w:tblLook"))
        if name is None or look is None or look.get(qn("w:firstRow"), "1") in {"0", "false"}:
            return False
        style = self._elements.get(name.get(_VALUE, ""))
        parts = () if style is None else style.iterfind(qn("w:tblStylePr"))
        return any(part.get(qn("w:type")) == "firstRow" for part in parts)

    def _style(self, key: str) -> Style:
        level, is_list = 0, False
        for element in self._with_bases(key):
            name = _name(element)
            named = _HEADING_NAME.fullmatch(name)
            level = level or outline_level(element.find(qn("w:pPr"))) or (int(named[1]) if named else 0)
            is_list = (
                is_list
                or element.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
                or name.startswith("List ")
            )
        own = _name(self._elements[key]) if key in self._elements else ""
        return Style(
            level,
            is_title=own.lower() == "title",
            is_list=is_list and not level,
            is_contents=_CONTENTS_NAME.match(own) is not None,
        )

    def _with_bases(self, key: str) -> list[etree._Element]:
        found: list[etree._Element] = []
        while key in self._elements and len(found) < _MAX_BASES:
            found.append(self._elements[key])
            base = found[-1].find(qn("w:basedOn"))
            key = "" if base is None else base.get(_VALUE, "")
        return found


def outline_level(properties: etree._Element | None) -> int:
    """The heading level (from 1) that paragraph properties set, or 0; in Word 0 is the first, 9 body text."""
    found = None if properties is None else properties.find(qn("w:outlineLvl"))
    value = "" if found is None else found.get(_VALUE, "")
    return int(value) + 1 if value in set("012345678") else 0


def _on(switch: etree._Element | None) -> bool:
    return switch is not None and switch.get(_VALUE, "true") not in {"0", "false", "off"}


def _name(style: etree._Element) -> str:
    found = style.find(qn("w:name"))
    return "" if found is None else found.get(_VALUE, "")
