"""Headings of a Word document that uses no heading styles: short lines, all in bold, above the text they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from docx.oxml.ns import qn
from lxml import etree

from integrations.parsing.formats.docx_styles import Styles
from integrations.parsing.formats.docx_text import is_hidden, paragraph_text

_PARAGRAPH, _RUN, _PROPERTIES, _RUN_PROPERTIES = qn("w:p"), qn("w:r"), qn("w:pPr"), qn("w:rPr")
_BOLD, _SIZE, _VALUE, _NUMBERING = qn("w:b"), qn("w:sz"), qn("w:val"), qn("w:numPr")
_OFF = {"0", "false", "off", "none"}
_LONGEST = 100
_OPEN_ENDS = (".", ",", ";", "…", "-", "–")
_BOLD_SHARE = 0.5
"""Of the characters: where more of them are in bold, bold says nothing of headings."""

_MOST_SIZES = 3


def bold_headings(
    content: Sequence[etree._Element], styles: Styles, level: Callable[[etree._Element], int]
) -> Mapping[etree._Element, int]:
    """The paragraphs that are headings by nothing but their bold, and their levels: the larger, the higher.

    None where the document has real headings, as ``level`` tells them; a title alone is none.
    """
    if any(one.tag == _PARAGRAPH and level(one) for one in content):
        return {}
    texts = {one: paragraph_text(one, None).strip() if one.tag == _PARAGRAPH else "" for one in content}
    said = [one for one in content if one.tag != _PARAGRAPH or texts[one]]
    bold = {one for one in said if one.tag == _PARAGRAPH and _is_bold(one, styles)}
    if sum(len(texts[one]) for one in bold) > _BOLD_SHARE * sum(map(len, texts.values())):
        return {}
    named: list[etree._Element] = []
    below: etree._Element | None = None
    for one in reversed(said):
        short = one in bold and len(texts[one]) <= _LONGEST and not texts[one].endswith(_OPEN_ENDS)
        if short and below is not None and not (_is_item(one, styles) and _is_item(below, styles)):
            named.append(one)
        else:
            below = None if one in bold else one
    return _levels(named, styles)


def _levels(named: Sequence[etree._Element], styles: Styles) -> Mapping[etree._Element, int]:
    sizes = {one: _size(one, styles) for one in named}
    ranks = sorted(set(sizes.values()), reverse=True)
    return {one: min(ranks.index(size) + 1, _MOST_SIZES) for one, size in sizes.items()}


def _is_item(paragraph: etree._Element, styles: Styles) -> bool:
    properties = paragraph.find(_PROPERTIES)
    return styles.of(properties).is_list or (
        properties is not None and properties.find(_NUMBERING) is not None
    )


def _is_bold(paragraph: etree._Element, styles: Styles) -> bool:
    """Whether all that a paragraph shows is in bold, by its runs, their styles, or its own."""
    runs = _runs(paragraph)
    whole = styles.is_bold(paragraph.find(_PROPERTIES))
    return bool(runs) and all(_is_bold_run(run, styles, whole=whole) for run in runs)


def _is_bold_run(run: etree._Element, styles: Styles, *, whole: bool) -> bool:
    properties = run.find(_RUN_PROPERTIES)
    bold = None if properties is None else properties.find(_BOLD)
    if bold is not None:
        return bold.get(_VALUE, "true") not in _OFF
    return whole or styles.is_bold_character(properties)


def _size(paragraph: etree._Element, styles: Styles) -> int:
    """The largest size that a paragraph's runs set, in half points; 0 where they leave it to the styles."""
    found = [run.find(f"{_RUN_PROPERTIES}/{_SIZE}") for run in _runs(paragraph)]
    values = [one.get(_VALUE, "") for one in found if one is not None]
    own = max((int(value) for value in values if value.isascii() and value.isdigit()), default=0)
    return own or styles.size(paragraph.find(_PROPERTIES))


def _runs(paragraph: etree._Element) -> list[etree._Element]:
    return [
        run
        for run in paragraph.iter(_RUN)
        if not is_hidden(run) and any(text.strip() for text in run.itertext(qn("w:t")))
    ]
