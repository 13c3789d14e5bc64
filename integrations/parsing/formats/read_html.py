"""HTML: what a page says to who reads it, with its headings, lists and tables, without what frames it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lxml import etree, html

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Draft, Reading, too_long
from integrations.parsing.content import decode, named_wrongly
from integrations.parsing.formats.contacts import is_legal, tells_how_to_reach
from integrations.parsing.formats.html_chrome import Part, find_chrome, is_links
from integrations.parsing.formats.html_tables import is_layout, read_table
from integrations.parsing.formats.html_text import BLOCKS, is_unseen, seen_text
from integrations.parsing.links import target_note
from integrations.parsing.tables import write_table

_TAG = re.compile(r"<(?:[a-zA-Z]|!--|!doctype)", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "menu"}
_SPACE = re.compile(r"[ \t\r\n\f]+")


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a web page; its title is that of its head, or its first heading."""
    if path.stat().st_size > 8 * bounds.max_characters:
        raise too_long(bounds)
    text = _DECLARATION.sub("", _decoded(path.read_bytes()), count=1)
    if not text.strip():
        return Draft(bounds).done()
    if not _TAG.search(text):
        raise named_wrongly("html", text[:1024].encode())
    draft = Draft(bounds)
    root = _parsed(text)
    _Page(draft, find_chrome(root)).walk(root)
    title = root.find("./head/title")
    named = "" if title is None else "".join(title.itertext())
    draft.title = named if named.strip() else draft.first_heading or draft.first_line
    return draft.done()


def _decoded(raw: bytes) -> str:
    named = _CHARSET.search(raw[:2048])
    if named and not raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode(named[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # a page whose declaration is wrong: its bytes decide
    return decode(raw, "html")


def _parsed(text: str) -> html.HtmlElement:
    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except etree.ParserError:
        raise Unreadable("The file holds no text.") from None
    if any(one.type_name == "ERR_RESOURCE_LIMIT" for one in parser.error_log):
        raise Unreadable("The page is nested too deeply to be read.")
    return root


class _Page:
    """The walk over a page's elements: the text since the last border, and where it stands."""

    def __init__(self, draft: Draft, chrome: Mapping[etree._Element, Part]) -> None:
        self._draft = draft
        self._chrome = chrome
        self._part: Part | None = None  # of the site, in which the walk is
        self._named = ""  # the last heading in it
        self._text: list[str] = []
        self._lists: list[tuple[str, int]] = []  # kind and number of the last item, outermost first
        self._marker = ""
        self._heading = 0
        self._term = ""

    def walk(self, root: html.HtmlElement) -> None:
        """Give the draft every block of the page."""
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "end":
                self._end(element)
            elif self._is_read_whole(element):
                walker.skip_subtree()
        self._flush()

    def _is_read_whole(self, element: etree._Element) -> bool:
        """Read an element's start; whether nothing inside it is to be walked over any more."""
        if self._is_gone(element):
            return True
        self._border(element.tag)
        if element in self._chrome:
            self._flush()
            self._part, self._named = self._chrome[element], ""
        if element.tag == "table" and not is_layout(element) and self._part is not Part.REACH:
            self._table(element)
            return True
        if element.tag == "pre" and self._part is not Part.REACH:
            self._draft.code("".join(map(str, element.itertext())))
            return True
        self._start(element.tag)
        self._text.append(_spaced(element.text))
        return False

    def _start(self, tag: str) -> None:
        if tag == "br":
            self._text.append("\n")
        elif tag in _HEADINGS:
            self._heading += 1
        elif tag in _LISTS:
            self._lists.append((tag, 0))
        elif tag == "li":
            self._marker = self._next_marker()

    def _is_gone(self, element: etree._Element) -> bool:
        """Whether nothing of an element is read."""
        if is_unseen(element) or self._chrome.get(element) is Part.DROPPED:
            return True
        return self._part is Part.TITLE and is_links(element)

    def _end(self, element: etree._Element) -> None:
        if not self._is_gone(element):
            self._end_seen(element.tag)
            if element.tag == "a" and not self._heading:  # a heading names, it does not lead
                self._text.append(target_note(seen_text(element), element.get("href", "")))
            if element in self._chrome:
                self._flush()
                self._part = None
        self._text.append(_spaced(element.tail))

    def _end_seen(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._heading -= 1
            if self._part is Part.REACH:
                self._named = self._taken()
            else:
                self._draft.heading(self._taken(), _HEADINGS[tag])
        elif tag == "dt":
            self._term = " / ".join(filter(None, (self._term, self._taken())))
        else:
            self._border(tag)
        if tag in _LISTS:
            self._lists.pop()
        elif tag == "dl" and self._term:
            self._text, self._term = [self._term], ""
            self._flush()

    def _border(self, tag: str) -> None:
        """End the block before this element, or only the word: in a heading, a cell of a layout."""
        if tag in {"td", "th"} or (self._heading and tag in BLOCKS):
            self._text.append(" ")
        elif tag in BLOCKS:
            self._flush()

    def _table(self, table: etree._Element) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._draft.paragraph(seen_text(caption))
        rows, header = read_table(table)
        write_table(self._draft, rows, header)

    def _reach(self, text: str) -> None:
        """What a footer or a bar at the side says, if it tells how to reach somebody; under no heading."""
        text, self._term, self._marker = f"{self._term} {text}".strip(), "", ""
        lines = [line for line in text.split("\n") if not is_legal(line)]
        if any(map(tells_how_to_reach, lines)):
            self._draft.border(1)
            self._draft.paragraph("\n".join([f"{self._named}:", *lines] if self._named else lines))
            self._named = ""

    def _next_marker(self) -> str:
        if not self._lists:
            return "-"
        kind, count = self._lists[-1]
        self._lists[-1] = (kind, count + 1)
        return f"{count + 1}." if kind == "ol" else "-"

    def _taken(self) -> str:
        text, self._text = "".join(self._text).strip(), []
        return text

    def _flush(self) -> None:
        text = self._taken()
        if not text:
            return
        if self._part is Part.REACH:
            self._reach(text)
        elif self._term:
            self._draft.item(f"{self._term.rstrip(':')}: {text}")
            self._term = ""
        elif self._marker:
            self._draft.item(text, len(self._lists) - 1, self._marker)
            self._marker = ""
        elif self._lists:
            self._draft.continued(text, len(self._lists) - 1)
        else:
            self._draft.paragraph(text)


def _spaced(text: str | None) -> str:
    return _SPACE.sub(" ", text) if text else ""
