"""Keep links and images out of an answer that are not in the documents or the prompt.

A model that obeys a hostile document can carry what it knows out of a chat in one URL: an image is
fetched without a click. So an answer passes only links that stand, as they are, in the texts it was
made from; the words around a link that does not pass stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.prompts.link_shapes import find_link, is_literal, key_of, link_keys, trimmed
from services.prompts.link_syntax import (
    Angle,
    Destination,
    Verdict,
    classify_angle,
    image_label,
    label_before_colon,
    opens_active_element,
    read_destination,
    reads_as_definition,
)

REMOVED = "…"  # in the place of a URL
WINDOW = 2_048  # characters that are looked ahead at most, and so the most that is ever held back
OVERLAP = 512  # of an endless stretch: longer than any beginning of a link
LONGEST_LABEL = 1_000

_NEED_MORE = -1
_OPENING = "([{\"'*_«“‘"
_STRETCH_END = re.compile(r"[\s<]|(?<=\])[(:]|!\[")
_PLAIN = re.compile(r"(?:[0-9A-Za-z\u00c0-\u024f]{0,60}[,;]?\s)+")  # words that no link can be part of
_SPACE_OR_ANGLE = re.compile(r"[\s<]")


def guard_links(text: str, allowed_texts: Iterable[str]) -> str:
    """``text`` without the links and images that are not in ``allowed_texts``."""
    guard = LinkGuard(allowed_texts)
    return guard.feed(text) + guard.finish()


class LinkGuard:
    """``guard_links`` for text that comes in pieces: the pieces out, joined, are the same for every cut.

    Text is held back until it is certain: a word as a rule, never more than about twice ``WINDOW``.
    """

    def __init__(self, allowed_texts: Iterable[str]) -> None:
        self._texts = tuple(allowed_texts)
        self._keys: frozenset[str] | None = None
        self._buffer = ""
        self._out: list[str] = []
        self._written = ""  # the end of what went out
        self._gap = False  # something was taken out here: what is left and right of it must not join
        self._swallowing = False
        self._more = True
        self._anywhere = {"<": self._angle, "!": self._image}
        self._behind_label = {**self._anywhere, "(": self._destination, ":": self._definition}

    def feed(self, text: str) -> str:
        """Take the next piece; what is certain by now."""
        self._buffer += text
        at = 0
        while at < len(self._buffer):
            after = self._step(at, min(at + WINDOW, len(self._buffer)))
            if after == _NEED_MORE:
                break
            at = after
        self._buffer = self._buffer[at:]
        out, self._out = "".join(self._out), []
        return out

    def finish(self) -> str:
        """The rest, now that nothing follows."""
        self._more = False
        return self.feed("")

    def _step(self, at: int, end: int) -> int:
        """Deal with what begins at ``at``, seeing no further than ``end``; the place behind it."""
        if self._swallowing:
            return self._swallow(at)
        plain = _PLAIN.match(self._buffer, at)
        if plain:
            return self._write(self._buffer, at, plain.end())
        marks = self._behind_label if self._written.endswith("]") else self._anywhere
        return marks.get(self._buffer[at], self._stretch)(at, end)

    def _may_grow(self, at: int, end: int) -> bool:
        """Whether more text may come into the window from ``at`` to ``end``."""
        return self._more and end == len(self._buffer) and end - at < WINDOW

    def _stretch(self, at: int, end: int) -> int:
        """Text up to the next space or mark: it passes, but for a link in it that is not allowed."""
        found = _STRETCH_END.search(self._buffer, at + 1, end)
        if found is None and self._may_grow(at, end):
            return _NEED_MORE
        if found is None and end - at == WINDOW:
            return self._endless_stretch(at, end)
        return self._whole_stretch(at, found.start() if found else end)

    def _whole_stretch(self, at: int, stop: int) -> int:
        stretch = self._buffer[at:stop]
        seen = stretch + "!" if self._buffer.startswith("!", stop) else stretch  # "javascript:![" goes on
        link = find_link(seen)
        ends = link and self._ends_there(stop)
        if ends is Verdict.WAIT:
            return _NEED_MORE
        if link is None or (ends is True and self._allowed(link.key)):
            return self._write(stretch, 0, after=stop)
        if link.exact:
            kept = _without_link(stretch[: link.start])
            return self._write(kept + REMOVED + stretch[link.stop :], 0, after=stop)
        return self._write(REMOVED + ("]" if stretch.endswith("]") else ""), 0, after=stop)

    def _ends_there(self, stop: int) -> bool | Verdict:
        """Whether a URL that reaches to ``stop`` ends there, for those too who read on behind brackets."""
        following = self._buffer[stop : stop + 2]
        if following == ":" and self._more:
            return Verdict.WAIT
        if not following.startswith("("):
            after = following.removeprefix(":")[:1]
            return after in ("", "<") or after.isspace()
        end = min(stop + WINDOW, len(self._buffer))
        target = read_destination(self._buffer, stop, end, more=self._may_grow(stop, end))
        return target if target is Verdict.WAIT else isinstance(target, Destination)

    def _endless_stretch(self, at: int, end: int) -> int:
        """As much of it as is certain; a link in it that has no end is swallowed whole."""
        link = find_link(self._buffer[at:end])
        certain = end - at - OVERLAP if link is None else link.start
        kept = _without_link(self._buffer[at : at + certain])
        if kept and (link is None or link.exact):
            return self._write(kept, 0, after=at + len(kept))
        self._swallowing = True
        return self._write(REMOVED, 0, after=end)

    def _swallow(self, at: int) -> int:
        found = _SPACE_OR_ANGLE.search(self._buffer, at)
        self._swallowing = found is None
        return found.start() if found else len(self._buffer)

    def _destination(self, at: int, end: int) -> int:
        """``(url)`` behind a label: it passes, or goes and leaves the label, or is no destination."""
        target = read_destination(self._buffer, at, end, more=self._may_grow(at, end))
        if target is Verdict.WAIT:
            return _NEED_MORE
        if not isinstance(target, Destination):
            return self._write(" (", 0, after=at + 1)  # apart from the label it is none for anybody
        if self._allowed(key_of(_bare(target.url))):
            return self._write(f"({target.url})", 0, after=target.end)
        return self._take_out(target.end)

    def _definition(self, at: int, end: int) -> int:
        """``:`` behind a label: ``[label]: url`` would make links of all ``[label]``."""
        if not label_before_colon(self._written):
            return self._write(":", 0, after=at + 1)
        target = reads_as_definition(self._buffer, at, end, more=self._may_grow(at, end))
        if target is Verdict.WAIT:
            return _NEED_MORE
        harmless = not isinstance(target, str) or self._allowed(key_of(_bare(target)))
        return self._write(":" if harmless else " :", 0, after=at + 1)

    def _image(self, at: int, end: int) -> int:
        """``!``: before ``[label](url)`` that does not pass it goes, and with an empty label everything does."""
        label = image_label(self._buffer, at, end, more=self._may_grow(at, end))
        if label is Verdict.WAIT:
            return _NEED_MORE
        if not isinstance(label, str):
            return self._stretch(at, end)
        opening = at + len(label) + 3
        window = min(opening + WINDOW, len(self._buffer))
        target = read_destination(self._buffer, opening, window, more=self._may_grow(opening, window))
        if target is Verdict.WAIT:
            return _NEED_MORE
        if not isinstance(target, Destination) or self._allowed(key_of(_bare(target.url))):
            return self._write("!", 0, after=at + 1)
        return at + 1 if label.strip() else self._take_out(target.end)

    def _angle(self, at: int, end: int) -> int:
        """``<``: an element that loads or links goes, a URL in angles passes or goes, the rest is text."""
        following = self._buffer[at + 1 : at + 2]
        if not following and self._may_grow(at, end):
            return _NEED_MORE
        if not (following.isascii() and (following.isalpha() or following in "/!?")):
            return self._pass_angle(at)
        close = self._buffer.find(">", at, end)
        if close >= 0:
            return self._closed_angle(at, close)
        if self._may_grow(at, end):
            return _NEED_MORE
        return self._take_out(at + 1) if opens_active_element(self._buffer, at) else self._pass_angle(at)

    def _closed_angle(self, at: int, close: int) -> int:
        inner = self._buffer[at + 1 : close]
        kind = classify_angle(inner)
        if kind is Angle.ACTIVE:
            return self._take_out(close + 1)
        if kind is Angle.PLAIN:
            return self._pass_angle(at)
        # Between angles nothing is escaped: a backslash or an invisible character is part of the address.
        if kind is Angle.EMAIL or (is_literal(inner) and self._allowed(key_of(inner))):
            return self._write(self._buffer, at, close + 1)
        joins = self._written and not (self._written[-1].isspace() or self._written[-1] in _OPENING)
        self._write(" " + REMOVED if joins else REMOVED, 0)
        return self._take_out(close + 1)

    def _pass_angle(self, at: int) -> int:
        return self._write("<", 0, after=at + 1)

    def _take_out(self, after: int) -> int:
        self._gap = True
        return after

    def _allowed(self, key: str) -> bool:
        if self._keys is None:
            self._keys = link_keys(self._texts)
        return key in self._keys

    def _write(self, text: str, start: int, stop: int | None = None, *, after: int | None = None) -> int:
        """Let ``text[start:stop]`` out and go on at ``after`` (``stop`` when not given)."""
        piece = text[start:stop]
        if self._gap and (piece[:1].isspace() or trimmed(piece)):
            joins = self._written and not (piece[0].isspace() or self._written[-1].isspace())
            piece = " " + piece if joins else piece
            self._gap = False
        self._out.append(piece)
        self._written = (self._written + piece)[-LONGEST_LABEL:]
        if after is not None:
            return after
        return stop if stop is not None else len(text)


def _without_link(text: str) -> str:
    """The head of ``text`` before a link that only shows now that what followed is gone ("evil.comdata:,")."""
    while link := find_link(text):
        text = text[: link.start] if link.exact else ""
    return text


def _bare(url: str) -> str:
    """The URL of a destination: without angles, and without punctuation, as documents' URLs are kept."""
    return trimmed(url.removeprefix("<").removesuffix(">"))
