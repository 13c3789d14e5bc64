"""The seam to whatever reads a file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from kit.errors import Invalid
from models.documents import ParsedDocument

FORMATS = ("md", "txt", "pdf", "docx", "pptx", "xlsx", "csv", "html", "json")
PROMPT_FORMATS = ("md", "txt")


class Unreadable(Invalid):
    """The file cannot be read, in words that the person who uploaded it can act on."""

    code = "unreadable"
    message = "The file cannot be read."


class Parser(Protocol):
    """Reads a file into pieces of text."""

    def parse(self, path: Path, file_format: str) -> ParsedDocument:
        """Read the file at ``path`` as one of ``FORMATS``; ``Unreadable`` says why it cannot be."""
        ...

    def close(self) -> None:
        """End whatever works in the background."""
        ...
