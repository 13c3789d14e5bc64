"""A text as the sentences that it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A sentence ends at its mark and a capital or digit after it, and never inside "R$ 1.500,00" or "Dr. Silva".
_END = re.compile(r"(?<=[.!?…])[\"”»)]*\s+(?=[\"“«(\[]?[A-ZÀ-ÞА-ЯЁΑ-Ω0-9¿¡])|(?<=[。！？])")
_ABBREVIATED = re.compile(
    r"\b(?:dr|dra|sr|sra|prof|av|no|nº|tel|ex|etc|mr|mrs|ms|st|mme|art|[a-z])\.\Z", re.IGNORECASE
)
_MARK = re.compile(r"\A\s*(?:[-*+•]|#{1,6}|>|\d{1,2}[.)])\s+")
# A line that a text editor broke: long, not ended, and the next one goes on in lower case.
_BROKEN_LINE = re.compile(r"(?m)(?<=.{45}[^\s.!?:;…|])[ \t]*\n(?=\(?[a-zß-ÿ])")


def sentences(text: str) -> Iterator[str]:
    """Its sentences in order, each on one line, without marks of lists and headings."""
    for line in _BROKEN_LINE.sub(" ", text).splitlines():
        kept = ""
        for part in _END.split(_MARK.sub("", line, count=1).replace("**", "").strip(" |\t")):
            kept = f"{kept} {part}".strip()
            if kept and not _ABBREVIATED.search(kept):
                yield " ".join(kept.split())
                kept = ""
        if kept:
            yield " ".join(kept.split())
