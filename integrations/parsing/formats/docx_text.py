"""The text of a Word paragraph, straight from its XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from lxml import etree

from integrations.parsing.links import target_note

Targets = Mapping[str, str]
NO_TARGETS: Targets = MappingProxyType({})

_LINK, _RELATION, _ANCHOR = qn("w:hyperlink"), qn("r:id"), qn("w:anchor")
_FIELD, _SIMPLE_FIELD, _ORDER, _KIND = (
    qn("w:fldChar"),
    qn("w:fldSimple"),
    qn("w:instrText"),
    qn("w:fldCharType"),
)
_LINK_ORDER = re.compile(r'\s*HYPERLINK\s+"([^"]{1,2000})"')
_TEXT, _TAB, _BREAK, _RETURN = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr")
_HYPHEN, _RUN, _HIDDEN = qn("w:noBreakHyphen"), qn("w:r"), f"{qn('w:rPr')}/{qn('w:vanish')}"
_BOX, _PARAGRAPH = qn("w:txbxContent"), qn("w:p")
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# What was deleted or moved away, properties (whose tab stops are no tabs), drawings (boxes are read apart),
# and the second form of what older programs cannot draw.
_SKIPPED = {
    *(qn(name) for name in ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:drawing", "w:pict", "w:object")),
    f"{_COMPATIBILITY}Fallback",
}
_PLAIN = {_TAB: "\t", _BREAK: "\n", _RETURN: "\n", _HYPHEN: "-"}


def link_targets(document: Document) -> Targets:
    """Where the links of a document's body lead, by the names that it has for them."""
    relations = document.part.rels.items()
    return {
        name: one.target_ref
        for name, one in relations
        if one.is_external and one.reltype == RELATIONSHIP_TYPE.HYPERLINK
    }


def paragraph_text(paragraph: etree._Element, targets: Targets | None = NO_TARGETS) -> str:
    """What a paragraph shows: links, fields and insertions included, deleted and hidden text not.

    Behind a link's text stands where it leads, by ``targets`` or by the field's own words; with ``None``
    for them, nowhere does.
    """
    return _Text(targets).of(paragraph)


class _Text:
    """The text of one paragraph, and the links that are open in it."""

    def __init__(self, targets: Targets | None) -> None:
        self._targets = targets
        self._parts: list[str] = []
        self._fields: list[tuple[int, list[str]]] = []  # where a field's text begins, and the field's order

    def of(self, paragraph: etree._Element) -> str:
        pending: list[etree._Element | tuple[int, str]] = list(reversed(paragraph))
        while pending:
            element = pending.pop()
            if isinstance(element, tuple):
                self._note(*element)
                continue
            if element.tag in {_LINK, _SIMPLE_FIELD}:
                pending.append((len(self._parts), self._target(element)))
            if not self._take(element):
                pending.extend(reversed(element))
        return "".join(self._parts)

    def _take(self, element: etree._Element) -> bool:
        """Read an element; whether nothing within it is to be read any more."""
        tag = element.tag
        if tag in {_TEXT, _MATHS}:
            self._parts.append(element.text or "")
        elif tag in _PLAIN:
            self._parts.append(_PLAIN[tag])
        elif tag == _ORDER and self._fields:
            self._fields[-1][1].append(element.text or "")
        elif tag == _FIELD:
            self._field(element.get(_KIND, ""))
        else:
            return tag in _SKIPPED or (tag == _RUN and is_hidden(element))
        return True

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append((len(self._parts), []))
        elif kind == "end" and self._fields:
            start, order = self._fields.pop()
            self._note(start, _ordered("".join(order)))

    def _note(self, start: int, href: str) -> None:
        if self._targets is not None:
            self._parts.append(target_note("".join(self._parts[start:]), href))

    def _target(self, element: etree._Element) -> str:
        if element.tag == _SIMPLE_FIELD:
            return _ordered(element.get(qn("w:instr"), ""))
        anchor = element.get(_ANCHOR, "")
        href = (self._targets or NO_TARGETS).get(element.get(_RELATION, ""), "")
        return f"{href}#{anchor}" if href and anchor and "#" not in href else href


def _ordered(order: str) -> str:
    found = _LINK_ORDER.match(order)
    return found[1] if found else ""


def is_hidden(run: etree._Element) -> bool:
    """Whether a run is set to be hidden."""
    hidden = run.find(_HIDDEN)
    return hidden is not None and hidden.get(qn("w:val"), "true") not in {"0", "false", "off"}


def boxes(paragraph: etree._Element, targets: Targets = NO_TARGETS) -> Iterator[str]:
    """The text of each text box that hangs on a paragraph, once."""
    for box in paragraph.iter(_BOX):
        if any(ancestor.tag == f"{_COMPATIBILITY}Fallback" for ancestor in box.iterancestors()):
            continue
        yield "\n".join(paragraph_text(one, targets) for one in box.iter(_PARAGRAPH))
