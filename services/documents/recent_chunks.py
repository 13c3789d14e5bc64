"""Chunks that were read lately, kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from models.documents import Chunk

ROOM = 32 << 20  # characters, about a byte each, and what lies around them
AROUND = 600


class RecentChunks:
    """Chunks by assistant and id, up to ``room``; whose assistant was asked longest ago goes first.

    A chunk never changes under its id, so what is here is right for as long as somebody has a reason to ask
    for it: whoever finds that an assistant's documents changed has its chunks forgotten.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._chunks: OrderedDict[str, dict[str, Chunk]] = OrderedDict()

    def find(self, assistant_id: str, ids: Sequence[str]) -> dict[str, Chunk]:
        """Those of the chunks that are here."""
        with self._lock:
            known = self._chunks.get(assistant_id)
            if known is None:
                return {}
            self._chunks.move_to_end(assistant_id)
            return {one: known[one] for one in ids if one in known}

    def add(self, assistant_id: str, chunks: Iterable[Chunk]) -> None:
        """Keep chunks of an assistant."""
        with self._lock:
            known = self._chunks.setdefault(assistant_id, {})
            for chunk in chunks:
                if chunk.id not in known:
                    known[chunk.id] = chunk
                    self._room -= _size(chunk)
            while self._room < 0:
                _, oldest = self._chunks.popitem(last=False)
                self._room += sum(map(_size, oldest.values()))

    def forget(self, assistant_id: str) -> None:
        """Let go of an assistant's chunks."""
        with self._lock:
            self._room += sum(map(_size, self._chunks.pop(assistant_id, {}).values()))


def _size(chunk: Chunk) -> int:
    return len(chunk.text) + AROUND
