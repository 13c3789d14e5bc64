"""One reader for each format, imported only when the first file of its format comes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from integrations.parsing.base import FORMATS
from integrations.parsing.blocks import Bounds, Reading

Reader = Callable[[Path, Bounds], Reading]


def reader_of(file_format: str) -> Reader:
    """The reader of one of ``FORMATS``; ``KeyError`` for any other."""
    if file_format not in FORMATS:
        raise KeyError(file_format)
    reader: Reader = import_module(f"{__name__}.read_{file_format}").read
    return reader
