"""Write a document's chunks, and their vectors, beside what is in answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from integrations.embeddings.base import Embedder, Vectors
from integrations.vectorstores.base import VectorStore
from kit.workplaces import Workplaces
from models.documents import Chunk, Document
from repositories.chunks import ChunkRepository
from services.documents.report_progress import Progress
from services.retrieval.embedders import Embedders
from services.retrieval.knowledge import collection_name

BATCH = 200
EMBEDDED = 64  # chunks at a time: so long a turn may have to wait


class WriteChunks:
    """Writes in small pieces, and lets turns that are at work go first before each."""

    def __init__(
        self, *, chunks: ChunkRepository, embedders: Embedders, vectors: VectorStore, turns: Workplaces
    ) -> None:
        self._chunks = chunks
        self._embedders = embedders
        self._vectors = vectors
        self._turns = turns

    def check(self) -> None:
        """``Unavailable`` while vectors cannot be written; they will be soon."""
        self._vectors.ping()
        self._vectors.wake()

    @property
    def beside_turns(self) -> bool:
        """Whether turns are at work, or were a moment ago."""
        return self._turns.busy_lately

    def stand_back(self) -> None:
        """Let turns that are at work go first, for a moment."""
        self._turns.stand_back()

    def write(self, document: Document, chunks: Sequence[Chunk], progress: Progress) -> None:
        """Chunks first, then their vectors, a batch at a time; none of them is in answers yet."""
        embedders = self._embedders.of_writing(document.assistant_id)
        for start in range(0, len(chunks), BATCH):
            batch = chunks[start : start + BATCH]
            self.stand_back()
            self._chunks.add_all(batch)
            for embedder in embedders:
                self._embed(document, batch, embedder)
            progress.indexed(start + len(batch), len(chunks))

    def _embed(self, document: Document, batch: Sequence[Chunk], embedder: Embedder) -> None:
        collection = collection_name(document.assistant_id, document.type, embedder.name)
        vectors: list[Vectors] = []
        for start in range(0, len(batch), EMBEDDED):
            self.stand_back()
            vectors.append(embedder.embed([embedded_text(one) for one in batch[start : start + EMBEDDED]]))
        self._vectors.add(collection, [chunk.id for chunk in batch], np.concatenate(vectors))


def embedded_text(chunk: Chunk) -> str:
    """What of a chunk is made into its vector: the title and the headings it stands under as well."""
    return "\n".join((chunk.title, " > ".join(chunk.heading), chunk.text))
