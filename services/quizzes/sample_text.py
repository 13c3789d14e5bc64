"""Bring a long text down to what a model can read, evenly from beginning to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.tokens import estimate_tokens

LONGEST = 900  # characters of a passage


@dataclass(frozen=True)
class Passage:
    """A part of a text; ``document_id`` is empty where it came in a request."""

    text: str
    document_id: str = ""


def passages_of(text: str, document_id: str = "") -> list[Passage]:
    """The text cut between paragraphs, lines or words, none longer than ``LONGEST``."""
    found: list[str] = []
    for paragraph in text.splitlines():
        line = paragraph.strip()
        while line:
            part = line if len(line) <= LONGEST else _head(line)
            line = line[len(part) :].strip()
            if found and len(found[-1]) + len(part) < LONGEST:
                found[-1] += "\n" + part
            else:
                found.append(part)
    return [Passage(one, document_id) for one in found]


def sampled(passages: Iterable[Passage], tokens: int) -> list[Passage]:
    """Those that fit into so many tokens, evenly over all of them; all when they do."""
    known = list(passages)
    sizes = [estimate_tokens(one.text) + 4 for one in known]
    count = len(known)
    while count > 1 and sum(sizes[n] for n in _evenly(len(known), count)) > tokens:
        total = sum(sizes[n] for n in _evenly(len(known), count))
        count = max(1, min(count - 1, count * tokens // total))
    return [known[n] for n in _evenly(len(known), count)]


def _evenly(total: int, count: int) -> Sequence[int]:
    return [(2 * n + 1) * total // (2 * count) for n in range(count)] if count else []


def _head(line: str) -> str:
    at = max(line.rfind(mark, 0, LONGEST) for mark in (". ", "! ", "? ", "; "))
    if at < LONGEST // 3:
        at = line.rfind(" ", 0, LONGEST)
    return line[: at + 1] if at > 0 else line[:LONGEST]
