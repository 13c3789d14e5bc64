"""Text longer than a piece, cut where it hurts least: after a sentence, a line, a clause, a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from langchain_text_splitters import RecursiveCharacterTextSplitter

_ABBREVIATIONS = (
    *(
        "Dr",
        "Sr",
        "St",
        "Av",
        "Ex",
        "Sta",
        "Sto",
        "Dra",
        "Sra",
        "Srs",
        "Exmo",
        "Exma",
        "Ilmo",
        "Prof",
        "Profa",
    ),
    *("art", "Art", "inc", "Inc", "cap", "Cap", "pág", "tel", "Tel", "nº", "núm", "fig", "Fig", "obs", "Obs"),
    *("Mr", "Mrs", "Ms", "Jr", "vs", "etc", "M", "Mme", "Mlle", "Ud", "Uds", "R", "p", "pp", "c", "al"),
)
_NOT_AFTER = "".join(rf"(?<!\b{word}\.)" for word in _ABBREVIATIONS)
_SEPARATORS = (
    r"(?<=[.!?…。！？])" + _NOT_AFTER + r"\s+(?![a-zà-ÿ])",
    r"(?<=[.!?…。！？][\"'”’»)\]])\s+(?![a-zà-ÿ])",
    r"\n+",
    r"(?<=[;:])\s+",
    r"(?<=,)\s+",
    r"\s+",
)
_SENTENCE_ENDS = (".", "!", "?", "…", '"', "”", "»", ")")
_SHORT = 4
"""A last part shorter than a fourth of a piece is too short to stand alone."""

_WINDOW = 50
"""Pieces; longer texts are cut in stretches of so many, so that time grows no faster than their length."""


def cut(text: str, most: int) -> list[str]:
    """``text`` in pieces of at most ``most`` characters each; only white space is lost."""
    if len(text) <= most:
        return [text]
    return [part for stretch in _stretches(text, _WINDOW * most) for part in _cut_stretch(stretch, most)]


def _cut_stretch(text: str, most: int) -> list[str]:
    parts = _parts(text, most)
    if len(parts) < 2 or len(parts[-1]) >= most / _SHORT:
        return parts
    # A last part of three words: share the last two out again, if a sentence ends near the middle.
    start = text.rfind(parts[-2], 0, text.rfind(parts[-1]))
    even = _parts(text[start:].strip(), int(len(text[start:]) * 0.6))
    return [*parts[:-2], *even] if len(even) == 2 and even[0].endswith(_SENTENCE_ENDS) else parts


def _parts(text: str, most: int) -> list[str]:
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=most,
        chunk_overlap=0,
        separators=list(_SEPARATORS),
        is_separator_regex=True,
        keep_separator="end",
    )
    return [part for long in splitter.split_text(text) for part in _slices(long.strip(), most)]


def _stretches(text: str, most: int) -> Iterator[str]:
    at = 0
    while len(text) - at > most:
        border = max(text.rfind("\n", at + most // 2, at + most), text.rfind(" ", at + most // 2, at + most))
        border = border if border > at else _before_marks(text, at + most, at)
        yield text[at:border]
        at = border
    yield text[at:]


def _slices(word: str, most: int) -> Iterator[str]:
    """What has no white space to be cut at: a letter is never parted from its accents."""
    at = 0
    while len(word) - at > most:
        border = _before_marks(word, at + most, at)
        yield word[at:border]
        at = border
    if word[at:]:
        yield word[at:]


def _before_marks(text: str, border: int, at: int) -> int:
    for one in range(border, max(at, border - 32), -1):
        if not unicodedata.combining(text[one]) and text[one] not in "\u200d\ufe0f":
            return one
    return border
