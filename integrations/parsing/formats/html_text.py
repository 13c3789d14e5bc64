"""What of a web page is seen, and what stands on lines of its own."""

from __future__ import annotations

import re

from lxml import etree

from integrations.parsing.links import target_note

BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "button",
            "caption",
            "center",
            "dd",
            "details",
        ),
        *(
            "dialog",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
        ),
        *(
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "html",
            "legend",
            "li",
            "main",
            "menu",
            "ol",
            "p",
            "pre",
            "section",
        ),
        *("summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
_UNSEEN = frozenset(
    (
        *(
            "head",
            "script",
            "style",
            "nav",
            "noscript",
            "template",
            "svg",
            "canvas",
            "iframe",
            "object",
            "embed",
        ),
        *(
            "audio",
            "video",
            "select",
            "option",
            "input",
            "textarea",
            "datalist",
            "map",
            "area",
            "link",
            "meta",
        ),
        "title",
    )
)
_NOT_SHOWN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:opacity|font-size)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)
_SPACE = re.compile(r"\s+")


def is_unseen(element: etree._Element) -> bool:
    """Whether an element is machinery, navigation, or hidden from whoever reads the page."""
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return True
    attributes = element.attrib
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in {"navigation", "search"}
        or _NOT_SHOWN.search(attributes.get("style", "")) is not None
    )


def seen_text(element: etree._Element, *, targets: bool = False) -> str:
    """All text within an element that is seen, on one line; with ``targets`` also where its links lead."""
    parts: list[str] = []
    links: list[int] = []
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, one in walker:
        if event == "end" and targets and one.tag == "a" and not is_unseen(one):
            parts.append(target_note("".join(parts[links.pop() :]), one.get("href", "")))
        if event == "end" and one is not element:
            parts += [_gap(one), one.tail or ""]
        elif event == "end":
            break
        elif is_unseen(one):
            walker.skip_subtree()
        else:
            links += [len(parts)] if one.tag == "a" else []
            parts += [_gap(one), one.text or ""]
    return _SPACE.sub(" ", "".join(parts)).strip()


def _gap(element: etree._Element) -> str:
    return " " if element.tag in BLOCKS or element.tag in {"br", "td", "th"} else ""
