"""Titles that files carry in their properties, without those that programs write by themselves."""

from __future__ import annotations

import re

_NO_TITLE = re.compile(
    r"\W*untitled\b.*|\W*anonymous\W*|sem t[ií]tulo\b.*|sans titre\b.*|sin t[ií]tulo\b.*"
    r"|word document|powerpoint presentation"
    r"|apresenta[cç][aã]o do powerpoint|pr[eé]sentation powerpoint|presentaci[oó]n de powerpoint|slide 1"
    r"|(?:document|documento|book|pasta|livro|classeur|libro|presentation|apresenta[cç][aã]o)\s*\d*"
    r"|.*\.(?:docx?|pdf|xlsx?|pptx?|odt|rtf|indd|tex|dvi|html?|txt|md|cdr|qxd|exe|ai|psd|xps|wpd)",
    re.IGNORECASE,
)
_WRITER = re.compile(r"^microsoft (?:word|powerpoint|excel)\s*-\s*", re.IGNORECASE)


def real_title(text: str | None) -> str:
    """``text``, or nothing when it is a file's name or what a program calls every new document."""
    title = _WRITER.sub("", " ".join((text or "")[:500].split()))
    return "" if _NO_TITLE.fullmatch(title) else title
