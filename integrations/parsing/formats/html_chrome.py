"""What a web page shows on all pages of its site, around what this page says: bars, banners, footers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import Enum

from lxml import etree

from integrations.parsing.formats.html_text import is_unseen, seen_text

_OWN = {"article", "main", "section", "blockquote", "figure", "td", "dialog"}
"""Headers and footers in these are theirs, not the page's."""

_BODY = {"article", "main"}
_FRAMES = {"html", "body", "main", "article", "form", "h1", "table", "p"}
_PARTS = {"banner": "header", "contentinfo": "footer", "complementary": "aside"}
_NAMES = {
    **dict.fromkeys(
        ("footer", "site-footer", "page-footer", "main-footer", "footer-wrapper", "rodape"), "footer"
    ),
    **dict.fromkeys(("sidebar", "side-bar", "barra-lateral", "widget-area"), "aside"),
    **dict.fromkeys(
        ("header", "site-header", "page-header", "main-header", "topbar", "top-bar", "masthead"), "header"
    ),
    **dict.fromkeys(
        ("nav", "navbar", "navigation", "menu", "main-menu", "breadcrumb", "breadcrumbs"), "links"
    ),
    **dict.fromkeys(
        ("pagination", "pager", "social", "social-links", "share", "skip-links", "tags"), "links"
    ),
}
_CONSENT = re.compile(
    r"cookie[-_]?(?:banner|bar|notice|consent|pop-?up|modal|law|overlay|message|alert|dialog|warning|aviso|info)"
    r"|(?:aviso|banner|bandeau|barra|consent\w*)[-_](?:de[-_])?cookies?"
    r"|onetrust|cookiebot|cookieconsent|cky-consent|cmplz|gdpr|lgpd|didomi|axeptio|tarteaucitron",
    re.IGNORECASE,
)
_DIALOGS = {"dialog", "alertdialog"}
_MOST_LOOKED_AT = 400
_LONGEST_CONSENT = 4_000  # characters
_LINKED = 0.6
_FEW_WORDS = 3
_LITTLE = 0.05


class Part(Enum):
    """What becomes of an element that belongs to the site rather than to the page."""

    DROPPED = "nothing of it is read"
    REACH = "only what tells how to reach somebody is read"
    TITLE = "its headings and sentences are read, its links are not"


def find_chrome(root: etree._Element) -> Mapping[etree._Element, Part]:
    """The elements of a page that are its site's; none where hardly anything would be left without them."""
    found = _Search(root).parts()
    if not found:
        return {}
    total = len(seen_text(root))
    left = _text_without(root, found)
    is_little = (
        len(left) < _LITTLE * total and root.find(".//main") is None and root.find(".//article") is None
    )
    return {} if is_little or len(left.split()) < _FEW_WORDS else found


class _Search:
    """One walk over a page, and how deep in its own content the walk is."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._within = Counter[str]()
        self._looked_at = 0
        self._titles = list(root.iter("h1"))

    def parts(self) -> dict[etree._Element, Part]:
        found: dict[etree._Element, Part] = {}
        walker = etree.iterwalk(self._root, events=("start", "end"))
        for event, element in walker:
            if event == "end":
                self._within[element.tag] -= 1
                continue
            self._within[element.tag] += 1
            if is_unseen(element):
                walker.skip_subtree()
                continue
            part = self._part(element)
            if part is not None:
                found[element] = part
                walker.skip_subtree()
        return found

    def _part(self, element: etree._Element) -> Part | None:
        if _asks_consent(element):
            return Part.DROPPED
        kind = _kind(element)
        if not kind or self._looked_at >= _MOST_LOOKED_AT:
            return None
        self._looked_at += 1
        if kind == "links":
            return Part.DROPPED if not self._is_in(_BODY) and _is_linked(element) else None
        its_own = {"article"} if kind == "aside" else _OWN
        if self._is_in(its_own) and not (kind == "aside" and _is_linked(element)):
            return None
        return Part.TITLE if kind == "header" and self._holds_the_title(element) else Part.REACH

    def _is_in(self, tags: set[str]) -> bool:
        return any(self._within[tag] > 0 for tag in tags)

    def _holds_the_title(self, element: etree._Element) -> bool:
        own = list(element.iter("h1"))
        return bool(own) and len(own) == len(self._titles)


def is_links(element: etree._Element) -> bool:
    """Whether an element is a list of links."""
    return element.tag in {"ul", "ol", "menu", "div"} and _is_linked(element)


def _kind(element: etree._Element) -> str:
    """``header``, ``footer``, ``aside`` or ``links`` by an element's tag, role or name; empty for all others."""
    if element.tag in {"header", "footer", "aside"}:
        return str(element.tag)
    if not element.attrib or element.tag in _FRAMES:
        return ""
    role = _PARTS.get(element.get("role", ""))
    if role:
        return role
    names = f"{element.get('id', '')} {element.get('class', '')}".lower().replace("_", "-").split()
    kind = next((_NAMES[name] for name in names if name in _NAMES), "")
    if kind in {"footer", "aside"} and any(
        element.find(f".//{tag}") is not None for tag in ("main", "article", "h1")
    ):
        return ""  # a frame around the page, whatever it is called
    return kind


def _asks_consent(element: etree._Element) -> bool:
    if not element.attrib or element.tag in _FRAMES - {"form"}:
        return False
    named = _CONSENT.search(f"{element.get('id', '')} {element.get('class', '')}") is not None
    is_dialog = element.get("role") in _DIALOGS or element.get("aria-modal") == "true"
    if not (named or is_dialog):
        return False
    if any(element.find(f".//{tag}") is not None for tag in ("main", "article", "h1")):
        return False
    text = seen_text(element)
    return len(text) <= _LONGEST_CONSENT and (named or "cookie" in text.lower())


def _is_linked(element: etree._Element) -> bool:
    """Whether most of an element's text is links, and more than one."""
    links = [len(seen_text(link)) for link in element.iter("a")]
    return len(links) > 1 and sum(links) >= _LINKED * len(seen_text(element))


def _text_without(root: etree._Element, found: Mapping[etree._Element, Part]) -> str:
    parts: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if event == "end":
            parts.append(element.tail or "")
        elif is_unseen(element) or found.get(element) in {Part.DROPPED, Part.REACH}:
            walker.skip_subtree()
        else:
            parts.append(element.text or "")
    return " ".join(" ".join(parts).split())
