"""Markdown: headings, paragraphs, lists, tables and code; what stands within a line is kept as written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from integrations.parsing.blocks import MAX_HEADING, Bounds, Draft, Reading
from integrations.parsing.content import read_text
from integrations.parsing.formats.text_lines import ITEM
from integrations.parsing.tables import Header, write_table
from integrations.parsing.tidy import seen

_SETEXT = re.compile(r" {0,3}(?:=+|-+)")
_FENCE = re.compile(r"[ \t]*(?P<marks>`{3,}|~{3,})[^`]*")
_TABLE_RULE = re.compile(r":?-+:?")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+")
_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_FRONT_TITLE = re.compile(r"^title:(?P<title>.+)$", re.MULTILINE | re.IGNORECASE)
_FRONT_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_EMPHASIS = re.compile(r"(?<!\w)(\*\*|__|\*|_|`)(?P<text>[^*_`]+)\1(?!\w)")
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\([^)]*\)")


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a Markdown file; its title is its front matter's, or the first heading of level 1, or any."""
    draft = Draft(bounds)
    front, text = _front_matter(seen(read_text(path, "md", bounds)))
    scanner = _Scanner(draft)
    for line in _without_comments(text).split("\n"):
        scanner.line(line)
    scanner.flush()
    named = _FRONT_TITLE.search(front)
    title = named["title"].strip().strip("\"'") if named else ""
    draft.title = title or scanner.first_h1 or draft.first_heading or draft.first_line
    return draft.done()


@dataclass
class _Scanner:
    """The lines of the block that is being read, and what kind of block it is."""

    draft: Draft
    first_h1: str = ""
    running: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    fence: str = ""

    def line(self, line: str) -> None:
        """Take the next line."""
        if self.fence:
            self._code_line(line)
            return
        fence = _FENCE.fullmatch(line)
        if fence:
            self.flush()
            self.fence = fence["marks"]
        else:
            self._text_line(_QUOTE.sub("", line, count=1))

    def flush(self) -> None:
        """Write the block that ends here."""
        if self.code:
            self.draft.code("\n".join(self.code))
        if self.rows:
            write_table(self.draft, self.rows, Header.MARKED if any(self.rows[0]) else Header.NONE)
        if self.running:
            self._write_running()
        self.running, self.rows, self.code, self.fence = [], [], [], ""

    def _code_line(self, line: str) -> None:
        if line.strip().startswith(self.fence) and not line.strip().strip(self.fence[0]):
            self.flush()
        else:
            self.code.append(line)

    def _text_line(self, line: str) -> None:
        level = _heading_level(line)
        if level:
            self.flush()
            self._heading(line.strip()[level:].strip().rstrip("#"), level)
        elif not line.strip():
            self.flush()
        elif self.rows:
            self._table_line(line)
        elif self._is_setext(line):
            text, self.running = " ".join(self.running), []
            self._heading(text, 1 if "=" in line else 2)
        elif self._starts_table(line):
            names = _cells(self.running.pop())
            self.flush()
            self.rows = [names]
        elif _is_rule(line):
            self.flush()
        else:
            self._running_line(line)

    def _running_line(self, line: str) -> None:
        if ITEM.match(line):
            self.flush()
        self.running.append(line)

    def _table_line(self, line: str) -> None:
        if "|" in line:
            self.rows.append(_cells(line))
            return
        self.flush()
        self._running_line(line)

    def _is_setext(self, line: str) -> bool:
        return (
            bool(self.running)
            and _SETEXT.fullmatch(line.rstrip()) is not None
            and not ITEM.match(self.running[0])
        )

    def _starts_table(self, line: str) -> bool:
        if not self.running or "|" not in self.running[-1] or not set(line) <= set("|-: \t"):
            return False
        rules = _cells(line)
        return all(map(_TABLE_RULE.fullmatch, rules)) and len(rules) == len(_cells(self.running[-1]))

    def _heading(self, text: str, level: int) -> None:
        if len(text) <= MAX_HEADING:
            text = _LINK.sub(r"\g<text>", _EMPHASIS.sub(r"\g<text>", text))
        if level == 1 and not self.first_h1:
            self.first_h1 = text
        self.draft.heading(text, level)

    def _write_running(self) -> None:
        lines = [_BREAK.sub("\n", line) for line in self.running]
        item = ITEM.match(lines[0])
        if item is None:
            self.draft.paragraph("\n".join(line.strip() for line in lines))
            return
        depth = len(item["indent"].expandtabs(4)) // 2
        text = " ".join([item["text"], *(line.strip() for line in lines[1:])])
        self.draft.item(text, depth, item["marker"])


def _without_comments(text: str) -> str:
    """``text`` without what stands in closed HTML comments (an open one may be an example in the text)."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join([*kept, text[at:]])


def _heading_level(line: str) -> int:
    """The number of ``#`` that begin a heading, or 0."""
    if len(line) - len(line.lstrip(" ")) > 3:
        return 0
    text = line.strip()
    marks = len(text) - len(text.lstrip("#"))
    return marks if 1 <= marks <= 6 and text[marks : marks + 1] in {"", " ", "\t"} else 0


def _is_rule(line: str) -> bool:
    marks = line.replace(" ", "").replace("\t", "")
    return len(marks) >= 3 and marks[0] in "*-_" and len(set(marks)) == 1


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [_BREAK.sub(" ", cell.replace("\\|", "|").strip()) for cell in _CELL_BORDER.split(inner)]


def _front_matter(text: str) -> tuple[str, str]:
    """The YAML between two ``---`` at the very start, and the rest."""
    if not text.startswith("---\n"):
        return "", text
    end = _FRONT_END.search(text, 4)
    if end is None or ":" not in text[4 : end.start()]:
        return "", text
    return text[4 : end.start()], text[end.end() :]
