"""Names of files that do not collide."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from integrations.files import safe_filename
from kit.errors import Invalid

_STEM_BYTES = 160


def distinct_names(paths: Sequence[str]) -> list[str]:
    """A name for each path: its last part, with its folders where that would not be the only one.

    The same paths get the same names each time, so that a folder sent again replaces what it brought.
    """
    parts = [[part for part in path.replace("\\", "/").split("/") if part.strip(". ")] for path in paths]
    names = [_safe(path) for path in paths]
    taken = Counter(map(str.casefold, names))
    names = [
        _safe(" - ".join(one)) if one and taken[name.casefold()] > 1 else name
        for one, name in zip(parts, names, strict=True)
    ]
    found: set[str] = set()
    for at, name in enumerate(names):
        names[at] = next(one for one in numbered(name) if one.casefold() not in found)
        found.add(names[at].casefold())
    return names


def _safe(name: str) -> str:
    try:
        return safe_filename(name)
    except Invalid:
        return name  # it is refused when it is added


def numbered(name: str) -> Iterator[str]:
    """``a.md``, ``a (2).md``, ``a (3).md`` and so on, each short enough for a disk."""
    yield name
    stem, _, ending = name.rpartition(".")
    stem = stem.encode()[:_STEM_BYTES].decode(errors="ignore")
    yield from (f"{stem} ({number}).{ending}" for number in itertools.count(2))
