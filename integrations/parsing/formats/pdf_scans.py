"""Pages that are pictures, read by Tesseract where it is installed."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass

import pypdfium2 as pdfium

from integrations.parsing.formats.pdf_lines import Line

LANGUAGES = ("por", "eng", "fra", "spa")
_PROGRAM = "tesseract"
_DOTS = 220 / 72
"""Dots for each point: 220 to the inch, where letters of a book are read as well as at 300 in half the time."""

_MOST_DOTS = 12_000_000
_LIST_SECONDS, _PAGE_SECONDS = 10.0, 30.0
_SURE = 30.0
"""Per cent; a word less sure is a smudge or a drawing."""

_PLAIN_SIZE = 11.0
_WORD_LEVEL = "5"
_COLUMNS = 12


@dataclass(frozen=True)
class Recognition:
    """Tesseract as it is installed: its path, its languages of ours, and the seconds that one file gets."""

    program: str
    languages: str
    seconds: float

    @classmethod
    def installed(cls, seconds: float) -> Recognition | None:
        """What is on the path, ``None`` where there is none, or none that knows a language of ours."""
        program = shutil.which(_PROGRAM)
        if program is None:
            return None
        try:
            listed = _run([program, "--list-langs"], b"", _LIST_SECONDS).decode(errors="replace").split()
        except (subprocess.SubprocessError, OSError):
            return None
        languages = [one for one in LANGUAGES if one in listed]
        return cls(program, "+".join(languages), seconds) if languages else None

    def begun(self) -> Reader:
        """A reader of one file's pages, whose time runs from now."""
        return Reader(self, time.monotonic() + self.seconds)


class Reader:
    """Reads pages of one file until its time is over."""

    def __init__(self, recognition: Recognition, until: float) -> None:
        self._recognition = recognition
        self._until = until

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._until

    def lines(self, page: pdfium.PdfPage, number: int, size: float) -> list[Line]:
        """The lines on the picture of a page, all said to be of one ``size``; none where nothing is recognised."""
        width, height = page.get_size()
        dots = min(_DOTS, math.sqrt(_MOST_DOTS / max(1.0, width * height)))
        command = [self._recognition.program, "stdin", "stdout", "-l", self._recognition.languages]
        left = min(_PAGE_SECONDS, max(0.1, self._until - time.monotonic()))
        try:
            table = _run([*command, "--dpi", str(round(72 * dots)), "tsv"], _picture(page, dots), left)
        except (subprocess.SubprocessError, OSError):
            return []
        return _lines(table.decode(errors="replace"), number, size or _PLAIN_SIZE, dots, height)


def has_content(page: pdfium.PdfPage) -> bool:
    """Whether anything at all is drawn on a page."""
    return next(iter(page.get_objects(max_depth=1)), None) is not None


def _run(command: list[str], given: bytes, seconds: float) -> bytes:
    return subprocess.run(  # noqa: S603 - the program found on the path, with arguments of our own
        command,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        check=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    ).stdout


def _picture(page: pdfium.PdfPage, dots: float) -> bytes:
    """The page in grey, as a portable graymap."""
    bitmap = page.render(scale=dots, grayscale=True)
    try:
        raw, width, height = bytes(bitmap.buffer), bitmap.width, bitmap.height
        rows = [raw[at : at + width] for at in range(0, bitmap.stride * height, bitmap.stride)]
    finally:
        bitmap.close()
    return b"P5 %d %d 255\n" % (width, height) + b"".join(rows)


def _lines(table: str, number: int, size: float, dots: float, height: float) -> list[Line]:
    """The lines of Tesseract's table of words; sizes in it are in dots from the page's top left."""
    words: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if (
            len(cells) == _COLUMNS
            and cells[0] == _WORD_LEVEL
            and cells[11].strip()
            and _number(cells[10]) >= _SURE
        ):
            words[tuple(cells[1:5])].append(cells)
    return [_line(found, number, size, dots, height) for found in words.values()]


def _line(words: list[list[str]], number: int, size: float, dots: float, height: float) -> Line:
    base = max(_number(word[7]) + _number(word[9]) for word in words) / dots
    return Line(
        text=" ".join(word[11].strip() for word in words),
        page=number,
        size=size,
        bold=False,
        left=min(_number(word[6]) for word in words) / dots,
        right=max(_number(word[6]) + _number(word[8]) for word in words) / dots,
        top=base,
        bottom=base,
        height=height,
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
