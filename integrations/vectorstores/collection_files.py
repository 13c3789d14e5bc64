"""Copies of small collections on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from integrations.kept_files import KeptFiles
from integrations.vectorstores.base import Vectors

ROOM = 2 << 30  # bytes of all files
_FORMAT = 1
_LENGTH = 8


class CollectionFiles:
    """One file a collection: its ids, and its vectors in two bytes a number, which changes no order that matters.

    To read a small collection out of Chroma takes twenty milliseconds, most of them to open it, and memory while it
    is open; to read its copy takes one.
    """

    def __init__(self, directory: Path, room: int = ROOM) -> None:
        self._files = KeptFiles(directory, room)

    def read(self, collection: str) -> tuple[list[str], Vectors] | None:
        """The ids, and the vectors in the same order; ``None`` where there is no copy."""
        content = self._files.read(_name(collection))
        if content is None:
            return None
        size = int.from_bytes(content[:_LENGTH], "little")
        head = json.loads(content[_LENGTH : _LENGTH + size])
        if head["format"] != _FORMAT:
            return None
        numbers = np.frombuffer(content, np.float16, offset=_LENGTH + size)
        return head["ids"], numbers.reshape(head["shape"]).astype(np.float32)

    def write(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Keep a copy of a whole collection."""
        head = json.dumps({"format": _FORMAT, "ids": list(ids), "shape": vectors.shape}).encode()
        said = len(head).to_bytes(_LENGTH, "little") + head
        self._files.write(_name(collection), said + vectors.astype(np.float16).tobytes())

    def forget(self, collection: str) -> None:
        """Keep none: to be called before the collection changes. ``Unavailable`` where the copy would stay."""
        self._files.remove_for_good(_name(collection))


def _name(collection: str) -> str:
    return f"{collection}.vectors"
