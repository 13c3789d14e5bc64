"""What a format's reader makes of a file: blocks of text in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.parsing.base import Unreadable
from integrations.parsing.tidy import tidy, tidy_code

MAX_HEADING = 200
"""Characters; a longer "heading" is a paragraph that somebody styled as one."""


_DEEPEST = 8


class Kind(StrEnum):
    """What a block is: it decides where a piece may end and how blocks are joined again."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True)
class Bounds:
    """How much one file may become; ``piece_characters`` is the length of a piece that is aimed at."""

    piece_characters: int = 1_000
    max_pieces: int = 20_000
    max_characters: int = 10_000_000
    max_unpacked_mb: int = 200
    max_members: int = 10_000
    recognition_seconds: float = 80.0


@dataclass(frozen=True)
class Block:
    """A heading (``level`` from 1), paragraph, list item, table row or code, and its page (from 1) if any.

    A heading without text ends what the headings before it cover, and names nothing.
    """

    kind: Kind
    text: str
    level: int = 0
    page: int | None = None


@dataclass(frozen=True)
class Reading:
    """A file as read: its title (may be empty), its blocks in order, what was odd about it."""

    title: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    warnings: tuple[str, ...] = ()


class Draft:
    """A reading in the making: tidies what it is given, drops what is empty, holds the bound on length."""

    def __init__(self, bounds: Bounds) -> None:
        self.title = ""
        self.page: int | None = None
        self.pages: int | None = None
        self._bounds = bounds
        self._left = bounds.max_characters
        self._blocks: list[Block] = []
        self._warnings: list[str] = []

    def heading(self, text: str, level: int) -> None:
        """Everything that follows stands under this heading, until one of the same level or above."""
        text = " ".join(self._take(text).split())
        if len(text) > MAX_HEADING:
            self._blocks.append(Block(Kind.PARAGRAPH, text, page=self.page))
        elif text:
            self._blocks.append(Block(Kind.HEADING, text, max(1, level), self.page))

    def border(self, level: int) -> None:
        """What follows stands under no heading of ``level`` or deeper."""
        self._blocks.append(Block(Kind.HEADING, "", max(1, level), self.page))

    def paragraph(self, text: str) -> None:
        """Running text; its line breaks are kept."""
        self._add(Kind.PARAGRAPH, self._take(text))

    def item(self, text: str, depth: int = 0, marker: str = "-") -> None:
        """A list item, ``depth`` lists deep (from 0), under its number; every kind of bullet becomes a dash."""
        text = self._take(text)
        shown = marker if any(map(str.isalnum, marker)) else "-"
        if text:
            self._add(Kind.LIST_ITEM, "  " * min(depth, _DEEPEST) + f"{shown} {text}")

    def continued(self, text: str, depth: int = 0) -> None:
        """More of the list item before: set below it, without a marker."""
        text = self._take(text)
        if text:
            self._add(Kind.LIST_ITEM, "  " * (min(depth, _DEEPEST) + 1) + text)

    def row(self, text: str) -> None:
        """A table row that already names its columns."""
        self._add(Kind.TABLE_ROW, " ".join(self._take(text).split()))

    def code(self, text: str) -> None:
        """Text whose spaces mean something."""
        self._spend(text)
        self._add(Kind.CODE, tidy_code(text))

    def warn(self, sentence: str) -> None:
        """Something odd that the uploader may want to know."""
        if sentence not in self._warnings:
            self._warnings.append(sentence)

    def done(self) -> Reading:
        """The reading; its title is one tidy line."""
        title = " ".join(tidy(self.title).split())[:MAX_HEADING].rstrip()
        return Reading(title, tuple(self._blocks), self.pages, tuple(self._warnings))

    @property
    def first_heading(self) -> str:
        """The text of the first heading, or nothing."""
        return next((one.text for one in self._blocks if one.kind is Kind.HEADING and one.text), "")

    @property
    def top_heading(self) -> str:
        """The text of the highest heading on the first page that has one, or nothing."""
        headings = [one for one in self._blocks if one.kind is Kind.HEADING and one.text]
        first_page = [one for one in headings if one.page == headings[0].page]
        return min(first_page, key=lambda one: one.level).text if first_page else ""

    @property
    def first_line(self) -> str:
        """The first line of the text where it is short enough to be a title, or nothing."""
        first = next((one for one in self._blocks if one.text), None)
        if first is None or first.kind not in {Kind.HEADING, Kind.PARAGRAPH}:
            return ""
        line = first.text.split("\n", 1)[0]
        return line if len(line) <= 100 and not line.endswith((":", ";", ",")) else ""

    def _add(self, kind: Kind, text: str) -> None:
        if text:
            self._blocks.append(Block(kind, text, page=self.page))

    def _take(self, text: str) -> str:
        self._spend(text)
        return tidy(text)

    def _spend(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise too_long(self._bounds)


def too_long(bounds: Bounds) -> Unreadable:
    """The refusal of a file whose text is longer than the bound."""
    return Unreadable(
        f"The file holds more than {bounds.max_characters:,} characters of text: split it into several files."
    )
