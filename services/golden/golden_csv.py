r"""Golden questions as CSV: the columns ``question`` and ``expects``, several expectations with ``|`` between them.

A ``|`` that belongs to an expectation is written ``\|``, and a backslash ``\\``.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator

from kit.errors import Invalid
from models.golden import (
    LONGEST_EXPECTED,
    LONGEST_QUESTION,
    MOST_EXPECTED,
    MOST_QUESTIONS,
    GoldenQuestion,
    distinct,
)
from services.golden.add_golden import Asked

COLUMNS = ("question", "expects")
_DELIMITERS = (",", ";", "\t")
_NAMED_DELIMITER = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_PART = re.compile(r"(?:\\[\\|]|[^|])*")
_ESCAPED = re.compile(r"\\([\\|])")
_NAMED_ROWS = 20


def write_golden(questions: Iterable[GoldenQuestion]) -> str:
    """The questions as CSV (RFC 4180), a header first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in questions:
        writer.writerow((one.question, "|".join(_escaped(expected) for expected in one.expects)))
    return text.getvalue()


def read_golden(raw: bytes) -> list[Asked]:
    """The questions in a CSV file, rows without anything in them left out.

    UTF-8, or what spreadsheets write instead (UTF-16 with its mark, Windows-1252); commas, semicolons or tabs;
    columns in any order, further ones ignored. ``Invalid`` names the columns that lack, or the rows that do
    not fit, counted as a spreadsheet counts them.
    """
    rows = _rows(_decoded(raw))
    header = next(rows, [])
    names = [name.strip().lower() for name in header]
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        raise Invalid.fields({name: ["There is no such column in the first row."] for name in lacking})
    asked: list[Asked] = []
    problems: dict[str, list[str]] = {}
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        one = Asked(_cell(row, names.index("question")), _expected(row, names))
        wrong = _problems(one)
        if wrong:
            problems[f"row {number}"] = wrong
        asked.append(one)
        if len(problems) >= _NAMED_ROWS or len(asked) > MOST_QUESTIONS * MOST_EXPECTED:
            break
    if problems:
        raise Invalid.fields(problems)
    if not asked:
        raise Invalid.field("file", "There is no question in it.")
    return asked


def _decoded(raw: bytes) -> str:
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        # What a spreadsheet on Windows writes where nobody tells it otherwise.
        text = raw.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Invalid.field("file", "This is no CSV file: it holds NUL characters.")
    return text


def _rows(text: str) -> Iterator[list[str]]:
    named = _NAMED_DELIMITER.match(text)
    if named:  # the line by which Excel is told the separator
        text = text[named.end() :]
    first = text.partition("\n")[0]
    delimiter = named[1] if named else max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as problem:
        raise Invalid.field("file", f"This is no CSV file: {problem} (line {reader.line_num}).") from None


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _expected(row: list[str], names: list[str]) -> tuple[str, ...]:
    cell, parts, at = _cell(row, names.index("expects")), [], 0
    while at <= len(cell):
        part = _PART.match(cell, at)
        end = part.end() if part else at
        parts.append(_ESCAPED.sub(r"\1", cell[at:end]))
        at = end + 1
    return distinct(parts)


def _escaped(expected: str) -> str:
    return expected.replace("\\", "\\\\").replace("|", "\\|")


def _problems(asked: Asked) -> list[str]:
    checks = (
        (not asked.question, "The question is empty."),
        (
            len(asked.question) > LONGEST_QUESTION,
            f"The question is longer than {LONGEST_QUESTION} characters.",
        ),
        (not asked.expects, "Nothing is expected."),
        (len(asked.expects) > MOST_EXPECTED, f"More than {MOST_EXPECTED} things are expected."),
        (
            any(len(one) > LONGEST_EXPECTED for one in asked.expects),
            f"Something expected is longer than {LONGEST_EXPECTED} characters.",
        ),
    )
    return [sentence for is_wrong, sentence in checks if is_wrong]
