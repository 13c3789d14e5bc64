"""One file to its pieces, within bounds: what the child process does."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats import reader_of
from integrations.parsing.split import split
from models.documents import ParsedDocument, Piece


def parse_file(path: Path, file_format: str, bounds: Bounds) -> ParsedDocument:
    """Read the file at ``path`` as one of ``FORMATS``; ``Unreadable`` where it cannot be or is out of bounds.

    A damaged file may also raise whatever error the library that reads it raises.
    """
    reading = reader_of(file_format)(path, bounds)
    pieces = _pieces(reading, bounds)
    if not any(char.isalnum() for piece in pieces for char in piece.text):
        raise Unreadable("The file holds no text.")
    if len(pieces) > bounds.max_pieces:
        raise Unreadable(
            f"The file makes more than {bounds.max_pieces:,} passages: split it into several files."
        )
    return ParsedDocument(reading.title, pieces, reading.pages, reading.warnings)


def _pieces(reading: Reading, bounds: Bounds) -> tuple[Piece, ...]:
    found = split(reading.blocks, bounds.piece_characters, reading.title)
    pieces = tuple(islice(found, bounds.max_pieces + 1))
    # A document that says nothing but its title still says that.
    return pieces or tuple(split(reading.blocks, bounds.piece_characters))
