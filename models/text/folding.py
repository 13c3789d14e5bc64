"""Texts without accents, capitals and typographic variants, so that spellings of one word meet."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not decompose, as people type them without the special key.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
    }
)
# Latin, Greek and Cyrillic accents only: the vowel signs of other scripts carry meaning.
_ACCENTS = re.compile("[\u0300-\u036f]+")


def fold(text: str) -> str:
    """The text in lower case, compatibility forms resolved and accents gone; folding again changes nothing."""
    if text.isascii():
        return text.lower()
    previous = ""
    while previous != text:  # a few letters need a second pass: their folded form decomposes again
        previous, text = text, _fold_once(text)
    return text


def _fold_once(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _ACCENTS.sub("", decomposed).translate(_LETTERS)
