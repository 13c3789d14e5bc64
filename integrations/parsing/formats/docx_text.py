"""The text of a Word paragraph, straight from its XML."""

from __future__ import annotations

from collections.abc import Iterator

from docx.oxml.ns import qn
from lxml import etree

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


def paragraph_text(paragraph: etree._Element) -> str:
    """What a paragraph shows: links, fields and insertions included, deleted and hidden text not."""
    parts: list[str] = []
    pending = list(reversed(paragraph))
    while pending:
        element = pending.pop()
        tag = element.tag
        if tag in {_TEXT, _MATHS}:
            parts.append(element.text or "")
        elif tag in _PLAIN:
            parts.append(_PLAIN[tag])
        elif tag not in _SKIPPED and not (tag == _RUN and is_hidden(element)):
            pending.extend(reversed(element))
    return "".join(parts)


def is_hidden(run: etree._Element) -> bool:
    """Whether a run is set to be hidden."""
    hidden = run.find(_HIDDEN)
    return hidden is not None and hidden.get(qn("w:val"), "true") not in {"0", "false", "off"}


def boxes(paragraph: etree._Element) -> Iterator[str]:
    """The text of each text box that hangs on a paragraph, once."""
    for box in paragraph.iter(_BOX):
        if any(ancestor.tag == f"{_COMPATIBILITY}Fallback" for ancestor in box.iterancestors()):
            continue
        yield "\n".join(paragraph_text(one) for one in box.iter(_PARAGRAPH))
