"""Text as the application wants it: composed (NFC), without what nobody sees, one kind of space."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Control characters, soft hyphens, zero-width and direction marks, byte order marks, lone surrogates and
# non-characters break words for the search; tag characters (U+E00xx) can hide orders to a model.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffc\ufffe\uffff\U000e0000-\U000e0fff]+"
)
_SPACES = re.compile("[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_AROUND_LINE_ENDS = re.compile(" ?\n ?")
_RUNS = re.compile(r"([^\w\s]|_)\1{5,}")
"""Rules and blanks to fill in: "______" """

_LEADERS = re.compile(r"(?<=\w) ?(?:\. ?){4,}(?=[\w$€£¥])")
"""What leads from a name to its price or page: "Corte ........ R$ 45" """

_BLANK_LINES = re.compile("\n{3,}")


def tidy(text: str) -> str:
    """``text`` with one space between words and its line breaks; runs ("______") cut to three, leaders to a colon."""
    text = _SPACES.sub(" ", seen(text))
    if "..." in text or ". . ." in text:
        text = _LEADERS.sub(": ", text)
    text = _RUNS.sub(r"\1\1\1", text)
    if "\n" in text:
        text = _BLANK_LINES.sub("\n\n", _AROUND_LINE_ENDS.sub("\n", text))
    return text.strip()


def tidy_code(text: str) -> str:
    """``text`` with its indentation kept; only spaces at the end of lines and blank lines around it go."""
    lines = [line.rstrip() for line in seen(text).expandtabs(4).split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def seen(text: str) -> str:
    r"""``text`` composed (NFC), with ``\n`` for every line end and without characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    text = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))
    return unicodedata.normalize("NFC", text)
