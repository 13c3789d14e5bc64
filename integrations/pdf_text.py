"""Words for PDFs in whatever script: which font shows them, and what none can show left out."""

from __future__ import annotations

import functools
import itertools
import unicodedata
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

WIDE = "DejaVuSans"
_FILE = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
# Fonts that readers of PDFs bring themselves, for scripts of which a font weighs megabytes.
_EAST_ASIAN = (
    ("HYSMyeongJo-Medium", ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))),
    ("HeiseiMin-W3", ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))),
    (
        "STSong-Light",
        ((0x2E80, 0x2FDF), (0x3000, 0x303F), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xFF00, 0xFF65)),
    ),
)
# Pictures and their joints have no place among words: So, Sk; formats and variation selectors; what is nothing.
_LEFT_OUT = frozenset({"So", "Sk", "Cf", "Cn", "Co", "Cs", "Cc"})
_KEYCAP = "\u20e3"


@functools.cache
def wide_letters() -> frozenset[int]:
    """What the bundled font shows; it is made known to reportlab on the way."""
    font = TTFont(WIDE, _FILE)
    registerFont(font)
    for name, _ in _EAST_ASIAN:
        registerFont(UnicodeCIDFont(name))
    return frozenset(font.face.charToGlyph)


def shown(text: str) -> str:
    """The text without what cannot be shown: emoji are left out, letters of no known script are ``?``."""
    kept = "".join(_kept(one) for one in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())


def marked_up(text: str) -> str:
    """``shown`` as reportlab's markup, each stretch in a font that has its letters.

    The font around it shows Western European letters. Beside letters that it lacks, it would be patchwork: then
    the bundled font sets all of them.
    """
    clean = shown(text)
    fonts = [_font(one) for one in clean]
    foreign = any(font == WIDE and one.isalpha() for font, one in zip(fonts, clean, strict=True))
    # One script, one font: Japanese has letters of its own, and others that are Chinese as well.
    asian = next((font for font, _ in _EAST_ASIAN if font in fonts), "")
    usual = asian or (WIDE if foreign else "")
    pieces = []
    for font, run in itertools.groupby(clean, lambda one: WIDE if _font(one) == WIDE else usual):
        words = escape("".join(run))
        pieces.append(f'<font name="{font}">{words}</font>' if font else words)
    return "".join(pieces)


def is_east_asian(text: str) -> bool:
    """Whether lines of it break between any two letters."""
    return any(_east_asian(one) for one in text)


def plain_font(text: str, usual: str) -> str:
    """The one font for a line that is drawn as it is."""
    return WIDE if any(_font(one) for one in text) else usual


def _kept(one: str) -> str:
    if one.isspace():
        return " "
    if "\ufe00" <= one <= "\ufe0f" or one == _KEYCAP or unicodedata.category(one) in ("Cf", "Cc"):
        return ""
    if not _font(one) or ord(one) in wide_letters() or _east_asian(one):
        return one
    return "" if unicodedata.category(one) in _LEFT_OUT else "?"


def _font(one: str) -> str:
    """The font for a letter; empty for those that every font has."""
    try:
        one.encode("cp1252")
    except UnicodeEncodeError:
        return _east_asian(one) or WIDE
    return ""


def _east_asian(one: str) -> str:
    if one < "\u1100":
        return ""
    code = ord(one)
    return next(
        (name for name, ranges in _EAST_ASIAN if any(low <= code <= high for low, high in ranges)), ""
    )
