"""Read the chunks that answers are made from."""

from __future__ import annotations

from kit.errors import NotFound
from models.documents import Chunk, Document, chunk_id
from models.pages import Page
from repositories.chunks import ChunkRepository

_LONGEST_NUMBER = 8
"""Digits."""


class ReadChunks:
    """Shows what a document was cut into: its live chunks, as a search finds them."""

    def __init__(self, *, chunks: ChunkRepository) -> None:
        self._chunks = chunks

    def page(self, document: Document, limit: int, cursor: str) -> Page[Chunk]:
        """The chunks in the document's order; none while it is not in answers yet."""
        if not document.live_version:
            return Page(())
        return self._chunks.page(document, limit, cursor)

    def get(self, document: Document, n: str) -> Chunk:
        """One chunk by its number (from 0) as it was written; ``NotFound`` when there is none."""
        if not (n.isascii() and n.isdigit() and len(n) <= _LONGEST_NUMBER):
            raise NotFound
        wanted = chunk_id(document.id, document.live_version, int(n))
        found = self._chunks.by_ids(document.assistant_id, [wanted])
        if not found:
            raise NotFound
        return found[0]
