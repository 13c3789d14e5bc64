"""Blocks into pieces: of about equal length, each under its own headings, borders where the text has some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from integrations.parsing.blocks import Block, Kind
from integrations.parsing.cut import cut
from models.documents import Piece

_TINY = 5
"""A section shorter than a fifth of a piece is read together with its neighbours, each under its heading."""

_LONGEST_KEY = 80
"""Characters of a row's first cell that is said again where a row has to be cut."""

_CLOSE = {Kind.LIST_ITEM, Kind.TABLE_ROW}

Path = tuple[str, ...]


@dataclass(frozen=True)
class _Unit:
    """What stays whole: a paragraph, an item, a row, or a part of one that is too long."""

    text: str
    kind: Kind
    page: int | None
    leads: bool = False

    def joint(self, before: _Unit) -> str:
        """What stands between this unit and the one before."""
        same = self.kind is before.kind and self.kind in _CLOSE
        return "\n" if same or before.leads else "\n\n"


@dataclass(frozen=True)
class _Section:
    """What stands directly under one heading."""

    path: Path
    page: int | None
    units: tuple[_Unit, ...]

    @property
    def text(self) -> str:
        return _joined(self.units)


def split(blocks: Iterable[Block], most: int = 1_000, title: str = "") -> Iterator[Piece]:
    """Pieces of at most ``most`` characters, in reading order, none of them empty.

    A piece never runs over a heading, except that neighbouring tiny sections of the same page are read
    together: then its path is what they share and the headings below that stand in its text. Paragraphs,
    list items and table rows stay whole where they fit, and a list or table stays together where it fits.
    A heading with nothing below it becomes text, unless it only says the document's ``title``.
    """
    for group in _grouped(_sections(blocks, most, title), most):
        if len(group) > 1:
            yield _merged(group)
        else:
            yield from _pieces(group[0], most)


def _sections(blocks: Iterable[Block], most: int, title: str) -> Iterator[_Section]:
    """One section for each heading with text of its own; a heading without any becomes text itself."""

    def of_bare(path: Sequence[tuple[int, str]], heading: Block | None) -> Iterator[_Section]:
        if heading and heading.text not in {"", title}:
            yield _section(path[:-1], _units(Block(Kind.PARAGRAPH, heading.text, page=heading.page), most))

    path: list[tuple[int, str]] = []
    units: list[_Unit] = []
    bare: Block | None = None  # a heading under which nothing has been read yet
    for block in blocks:
        if block.kind is not Kind.HEADING:
            found = _units(block, most)
            units += found
            bare = None if found else bare
            continue
        if not block.text and bare and bare.level < block.level:
            continue  # nothing stands below it yet that could end
        if units:
            yield _section(path, units)
        if bare and block.level <= bare.level:
            yield from of_bare(path, bare)
        units, bare = [], block
        path = [one for one in path if one[0] < block.level]
        if block.text:
            path.append((block.level, block.text))
    if units:
        yield _section(path, units)
    yield from of_bare(path, bare)


def _section(path: Sequence[tuple[int, str]], units: Sequence[_Unit]) -> _Section:
    return _Section(tuple(text for _, text in path), units[0].page, tuple(units))


def _units(block: Block, most: int) -> list[_Unit]:
    text = block.text.strip("\n")
    leads = block.kind is Kind.PARAGRAPH and text.endswith(":")
    if len(text) <= most:
        return [_Unit(text, block.kind, block.page, leads)] if text.strip() else []
    key = _key(text, most) if block.kind is Kind.TABLE_ROW else ""
    first, *rest = cut(text, most - len(key))
    return [_Unit(part, block.kind, block.page) for part in (first, *(key + part for part in rest))]


def _key(row: str, most: int) -> str:
    """A row's first cell, to be said again in each part of a row that is too long for one piece."""
    first, border, _ = row.partition("; ")
    return f"{first}; " if border and len(first) <= min(_LONGEST_KEY, most // 4) else ""


def _grouped(sections: Iterable[_Section], most: int) -> Iterator[list[_Section]]:
    group: list[_Section] = []
    for section in sections:
        if group and not _belongs(group, section, most):
            yield group
            group = []
        group.append(section)
    if group:
        yield group


def _belongs(group: Sequence[_Section], section: _Section, most: int) -> bool:
    """Whether a section is tiny, as those before it, and stands with them under the same heading."""
    first = group[0]
    tiny = most // _TINY
    if section.page != first.page or len(section.text) > tiny or len(first.text) > tiny:
        return False
    parent = first.path[:-1]
    if section.path[: len(parent)] != parent:
        return False
    return len(_merged([*group, section]).text) <= most // 2


def _merged(group: Sequence[_Section]) -> Piece:
    """One piece of several tiny sections; the headings that they do not share stand in its text."""
    shared = _shared([section.path for section in group])
    texts: list[str] = []
    before: Path = shared
    for section in group:
        new = section.path[len(_shared([before, section.path])) :]
        texts.append("\n".join([*new, section.text]))
        before = section.path
    return Piece("\n\n".join(texts), shared, group[0].page)


def _shared(paths: Sequence[Path]) -> Path:
    shortest = min(paths, key=len)
    same = next(
        (n for n, name in enumerate(shortest) if any(path[n] != name for path in paths)), len(shortest)
    )
    return shortest[:same]


def _pieces(section: _Section, most: int) -> Iterator[Piece]:
    total = len(section.text)
    aim = total / -(-total // most)
    taken: list[_Unit] = []
    for bunch in _bunches(section.units, most):
        if taken and _is_full(taken, bunch, aim, most):
            yield _piece(section, taken)
            taken = []
        taken = [*taken, *bunch]
    if taken:
        yield _piece(section, taken)


def _is_full(taken: Sequence[_Unit], bunch: Sequence[_Unit], aim: float, most: int) -> bool:
    """Whether a piece is better off without the next bunch: it would not fit, or get further from the aim."""
    now = len(_joined(taken))
    then = len(_joined([*taken, *bunch]))
    return then > most or abs(aim - now) < abs(then - aim)


def _bunches(units: Sequence[_Unit], most: int) -> Iterator[list[_Unit]]:
    """Units that should stay together where they fit: a list, a table, and the line that leads up to it."""
    run: list[_Unit] = []
    for unit in units:
        if run and not _is_close(run[-1], unit):
            yield from _whole_or_parts(run, most)
            run = []
        run.append(unit)
    yield from _whole_or_parts(run, most)


def _whole_or_parts(run: Sequence[_Unit], most: int) -> Iterator[list[_Unit]]:
    if len(_joined(run)) <= most:
        yield list(run)
        return
    head = 2 if run[0].leads and len(_joined(run[:2])) <= most else 1
    yield list(run[:head])
    yield from ([unit] for unit in run[head:])


def _is_close(before: _Unit, unit: _Unit) -> bool:
    return before.leads or (unit.kind is before.kind and unit.kind in _CLOSE)


def _piece(section: _Section, units: Sequence[_Unit]) -> Piece:
    return Piece(_joined(units), section.path, units[0].page)


def _joined(units: Sequence[_Unit]) -> str:
    texts = [units[0].text] if units else []
    for before, unit in pairwise(units):
        texts += [unit.joint(before), unit.text]
    return "".join(texts)
