"""The parts of Markdown and HTML that make a link or an image, read from a text that may go on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

DEEPEST = 3  # brackets inside a destination; also what keeps reading linear

# Elements that load, link, move or run something. Others are harmless as long as they have no attribute.
_ACTIVE = (
    "a animate applet area audio base bgsound body button embed foreignobject form frame frameset head html iframe "
    "image img input isindex layer link marquee math meta noscript object param picture portal script set source "
    "style svg template textarea track use video xml"
)
_ACTIVE_ELEMENTS = frozenset(_ACTIVE.split())
_TAG = re.compile(r"/?([A-Za-z][A-Za-z0-9:-]*)(?=[\s/]|$)")
_AUTOLINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*")
_EMAIL = re.compile(r"[^\s<>@:/?]+@[^\s<>@:/?]+")
_TITLE = re.compile(
    r""" "(?:\\.|[^"\\])*+" | '(?:\\.|[^'\\])*+' | \((?:\\.|[^()\\])*+\) """, re.DOTALL | re.VERBOSE
)
_SPACE = re.compile(r"\s*")
_DEFINITION = re.compile(r":\s*(\S*)([^\S\n]*)(.?)", re.DOTALL)
_LABEL = re.compile(r"!\[([^\[\]\n]{0,300})(.?)(.?)", re.DOTALL)
_CONTAINERS = " \t>*+-.)0123456789"  # what may stand before a definition on its line


class Verdict(Enum):
    """What cannot be answered with a value: more text is needed, or it is not what was looked for."""

    WAIT = "wait"
    NO = "no"


@dataclass(frozen=True)
class Destination:
    """The ``(url "title")`` of an inline link or image: the URL as written, and the place after it all."""

    url: str
    end: int


class Angle(Enum):
    """What stands between ``<`` and ``>``."""

    URL = "url"
    EMAIL = "email"
    ACTIVE = "active"
    PLAIN = "plain"


def read_destination(text: str, at: int, end: int, *, more: bool) -> Destination | Verdict:
    """Read from the ``(`` at ``at``; ``more`` says whether the text may go on beyond ``end``."""
    unknown = Verdict.WAIT if more else Verdict.NO
    begin = _after_space(text, at + 1, end)
    if begin == end:
        return unknown
    stop = _angled(text, begin, end) if text[begin] == "<" else _balanced(text, begin, end)
    if stop is None:
        return Verdict.NO
    after = _after_space(text, stop, end)
    if after < end and after > stop and text[after] in "\"'(":
        title = _TITLE.match(text, after, end)
        if title is None:
            return unknown
        after = _after_space(text, title.end(), end)
    if after >= end:
        return unknown
    return Destination(text[begin:stop], after + 1) if text[after] == ")" else Verdict.NO


def _after_space(text: str, at: int, end: int) -> int:
    return _SPACE.match(text, at, end).end()  # type: ignore[union-attr]  # it fits every text


def reads_as_definition(text: str, at: int, end: int, *, more: bool) -> str | Verdict:
    """The destination after the ``:`` at ``at``, when Markdown takes ``[label]:`` before it for a definition."""
    found = _DEFINITION.match(text, at, end)
    if found is None or (more and not found[3]):
        return Verdict.WAIT
    destination, _, after = found.groups()
    if not destination:
        return Verdict.NO
    return destination if after in ("", "\n", "\r", '"', "'", "(") or destination[0] == "<" else Verdict.NO


def label_before_colon(written: str) -> bool:
    """Whether ``written``, which ends with ``]``, ends with a label that may begin a definition."""
    if "\\" in written:
        written = re.sub(r"\\.", "__", written)
    opening = written.rfind("[", 0, -1)
    if opening < 0 or "]" in written[opening:-1]:
        return False
    line = written.rfind("\n", 0, opening) + 1
    return not written[line:opening].strip(_CONTAINERS)


def image_label(text: str, at: int, end: int, *, more: bool) -> str | Verdict:
    """The label of the ``![label](`` at ``at``; the ``(`` stands right behind its ``]``."""
    found = _LABEL.match(text, at, end)
    if found is None:
        return Verdict.NO
    label, closing, opening = found.groups()
    if more and (not closing or (closing == "]" and not opening)):
        return Verdict.WAIT
    return label if (closing, opening) == ("]", "(") else Verdict.NO


def classify_angle(inner: str) -> Angle:
    """What ``<inner>`` is to a reader of Markdown or HTML."""
    if inner.startswith(("!", "?")):
        return Angle.ACTIVE
    if _EMAIL.fullmatch(inner):
        return Angle.EMAIL
    if _AUTOLINK.fullmatch(inner):
        return Angle.URL
    tag = _TAG.match(inner)
    is_active = tag and (tag[1].lower() in _ACTIVE_ELEMENTS or "=" in inner)
    return Angle.ACTIVE if is_active else Angle.PLAIN


def opens_active_element(text: str, at: int) -> bool:
    """Whether the ``<`` at ``at``, which nothing closes, would open one if something did."""
    name = re.compile(r"<(?:[!?]|/?([A-Za-z][A-Za-z0-9:-]{0,20}))").match(text, at)
    return name is not None and (name[1] is None or name[1].lower() in _ACTIVE_ELEMENTS)


def _angled(text: str, begin: int, end: int) -> int | None:
    """The place after ``<url>``; an end that is not there is none, however the text goes on."""
    for at in range(begin + 1, end):
        if text[at] in "<\n":
            return None
        if text[at] == ">":
            return at + 1
    return end


def _balanced(text: str, begin: int, end: int) -> int | None:
    """The place of the space or bracket that ends a bare URL, or ``end`` when nothing does yet."""
    depth, at = 0, begin
    while at < end:
        character = text[at]
        if character == "\\":
            at += 1
        elif character == "(":
            depth += 1
            if depth > DEEPEST:
                return None
        elif character == ")":
            if depth == 0:
                return at
            depth -= 1
        elif character.isspace():
            return at if depth == 0 else None
        at += 1
    return end
