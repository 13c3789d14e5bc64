"""What plain text and Markdown have in common: list markers, and paragraphs wrapped at a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

BULLETS = "-*+•‣◦▪–·●○■□►▶➢➤✓✔\uf0b7\uf0a7\uf0d8\uf0fc"
"""The last four are bullets of the Symbol and Wingdings fonts, as Word's PDFs hold them."""

# A letter needs a bracket ("a)"): "A. Silva" begins a sentence.
ITEM = re.compile(
    rf"(?P<indent>[ \t]*)(?P<marker>[{re.escape(BULLETS)}]|\d{{1,3}}\.|\(?(?:\d{{1,3}}|[a-zA-Z])\))"
    r"[ \t]+(?P<text>\S.*)",
    re.DOTALL,
)

_WIDE = 50
"""Characters; text wrapped at a column has lines at least that long."""


def unwrap(lines: Sequence[str]) -> str:
    """A paragraph's lines as text: joined where they were only wrapped at a column, else line by line."""
    wrapped = len(lines) > 1 and _is_wrapped([len(line) for line in lines[:-1]])
    return (" " if wrapped else "\n").join(lines)


def _is_wrapped(lengths: Sequence[int]) -> bool:
    widest = max(lengths)
    return widest >= _WIDE and min(lengths) >= 0.7 * widest
