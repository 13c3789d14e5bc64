"""Passages that say the same in the same words."""

from __future__ import annotations

import re
from functools import lru_cache

ALIKE = 0.9  # of the words of both together
_WORD = re.compile(r"\w+")  # without the index' rules, which take twice as long and make no difference here


class SeenTexts:
    """Remembers texts, and tells whether another says hardly anything new."""

    def __init__(self) -> None:
        self._seen: list[frozenset[str]] = []

    def is_new(self, text: str) -> bool:
        """Whether ``text`` differs from all before in a tenth of the words at least; it is remembered if so."""
        said = _said(text)
        if any(_alike(said, one) for one in self._seen):
            return False
        self._seen.append(said)
        return True


@lru_cache(maxsize=256)  # some 10 kB each: what answers one question answers others
def _said(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)
