"""Turn texts into vectors with the installation's embedder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.embeddings.base import Embedder, Vectors
from kit.errors import Invalid
from kit.tracing import Value, tracing
from models.callers import Caller
from models.tokens import estimate_tokens
from services.chats.turn_queue import TurnQueue
from services.generation.converse import DEFAULT, ModelNotFound
from services.limits.limit_embedding import LimitEmbedding
from services.retrieval.embedders import Embedders


@dataclass(frozen=True)
class Embedded:
    """A row for each text, which model they are from, and about how many tokens the texts have."""

    vectors: Vectors
    model: str
    tokens: int


class EmbedTexts:
    """The embedder that documents are searched by, for everybody who has a credential."""

    def __init__(self, *, embedders: Embedders, turns: TurnQueue, limit: LimitEmbedding) -> None:
        self._embedders = embedders
        self._turns = turns
        self._limit = limit

    def embed(
        self, caller: Caller, texts: Sequence[str], model: str, dimensions: int | None, user_id: str = ""
    ) -> Embedded:
        """Unit vectors; ``ModelNotFound`` for another model, ``Invalid`` for another length than there is.

        ``LimitReached`` where the caller's assistant has no room for them.
        """
        embedder = self._embedders.current
        if model not in (DEFAULT, embedder.name):
            raise ModelNotFound
        _check_length(dimensions, embedder.dimensions)
        tokens = sum(map(estimate_tokens, texts))
        with self._turns.slot(), self._limit.counted(caller, user_id, embedder.name, tokens):
            vectors = _embedded(embedder, texts, tokens)
        _check_length(dimensions, vectors.shape[1])
        return Embedded(vectors, embedder.name, tokens)


def _embedded(embedder: Embedder, texts: Sequence[str], tokens: int) -> Vectors:
    if not tracing.is_on:
        return embedder.embed(texts)
    asked: dict[str, Value] = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": embedder.name.partition(":")[0],
        "gen_ai.request.model": embedder.name,
        "gen_ai.usage.input_tokens": tokens,
    }
    with tracing.span(f"embeddings {embedder.name}", asked, "client"):
        return embedder.embed(texts)


def _check_length(wanted: int | None, length: int) -> None:
    if wanted is not None and length and wanted != length:
        raise Invalid.field("dimensions", f"This model's vectors have {length}.")
