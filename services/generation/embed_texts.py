"""Turn texts into vectors with the installation's embedder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.embeddings.base import Vectors
from kit.errors import Invalid
from models.tokens import estimate_tokens
from services.chats.turn_queue import TurnQueue
from services.generation.converse import DEFAULT, ModelNotFound
from services.retrieval.embedders import Embedders


@dataclass(frozen=True)
class Embedded:
    """A row for each text, which model they are from, and about how many tokens the texts have."""

    vectors: Vectors
    model: str
    tokens: int


class EmbedTexts:
    """The embedder that documents are searched by, for everybody who has a credential."""

    def __init__(self, *, embedders: Embedders, turns: TurnQueue) -> None:
        self._embedders = embedders
        self._turns = turns

    def embed(self, texts: Sequence[str], model: str, dimensions: int | None) -> Embedded:
        """Unit vectors; ``ModelNotFound`` for another model, ``Invalid`` for another length than there is."""
        embedder = self._embedders.current
        if model not in (DEFAULT, embedder.name):
            raise ModelNotFound
        with self._turns.slot():
            vectors = embedder.embed(texts)
        if dimensions is not None and dimensions != vectors.shape[1]:
            raise Invalid.field("dimensions", f"This model's vectors have {vectors.shape[1]}.")
        return Embedded(vectors, embedder.name, sum(map(estimate_tokens, texts)))
