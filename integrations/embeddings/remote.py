"""Vectors from a server: any with OpenAI's ``/embeddings``, or Ollama's ``/api/embed``."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from integrations.embeddings.base import Vectors
from integrations.embeddings.rows import unit_rows
from integrations.json_server import JsonServer
from kit.breaker import Breaker
from models.model_errors import (
    EmbeddingChanged,
    ModelAnswerBroken,
    ModelError,
    ModelTimedOut,
    ModelUnavailable,
)

WEIGHT = 0.3  # what lost no first place on five sets, whatever the model's language: see docs/adr/0007
BATCH = 32  # texts per call: the most that a server of text-embeddings-inference takes unless told
MAX_CHARACTERS = 8_000  # of a text: at most about 8,000 tokens, which is what OpenAI's models take
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0


@dataclass(frozen=True)
class Patience:
    """How often a call is tried and how many seconds it may take, all tries and pauses included."""

    attempts: int
    seconds: float


WITH_DOCUMENTS = Patience(attempts=4, seconds=120.0)
WITH_QUERIES = Patience(attempts=2, seconds=3.0)


@dataclass(frozen=True)
class Dialect:
    """How a kind of server is asked, and where the vectors stand in its answer."""

    kind: str
    path: str
    body: Callable[[str, Sequence[str]], dict[str, Any]]
    vectors: Callable[[Any], object]


class RemoteEmbedder:
    """Asks a server for vectors: in batches, again after what passes, never for longer than its patience.

    ``documents`` and ``queries`` are connections to the same address, so that an import never keeps a question
    waiting. A server that fails question after question is left alone for half a minute.
    """

    def __init__(
        self,
        dialect: Dialect,
        model: str,
        *,
        documents: JsonServer,
        queries: JsonServer,
        with_documents: Patience = WITH_DOCUMENTS,
        with_queries: Patience = WITH_QUERIES,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._dialect = dialect
        self._model = model
        self._documents = documents
        self._queries = queries
        self._with_documents = with_documents
        self._with_queries = with_queries
        self._breaker = breaker or Breaker()
        self._sleep = sleep
        self._chance = chance
        self._learning = threading.Lock()
        self._dimensions = 0

    @property
    def name(self) -> str:
        """Kind and model: the same model at another address gives the same vectors."""
        return f"{self._dialect.kind}:{self._model}"

    @property
    def dimensions(self) -> int:
        """The length of every vector; 0 until the server has given the first."""
        return self._dimensions

    @property
    def weight(self) -> float:
        """The share that its scores deserve beside the lexical ones."""
        return WEIGHT

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row for each text; that of a blank one is all zero, and is asked of nobody."""
        asked = [at for at, text in enumerate(texts) if text.strip()]
        found = [
            self._vectors(
                self._documents, [texts[at] for at in asked[start : start + BATCH]], self._with_documents
            )
            for start in range(0, len(asked), BATCH)
        ]
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        if found:
            rows[asked] = np.concatenate(found)
        return rows

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question within a few seconds; ``ModelUnavailable`` at once while the server rests."""
        if not text.strip():
            return np.zeros(self._dimensions, dtype=np.float32)
        if not self._breaker.allows():
            raise ModelUnavailable(f"The server of the model {self._model} is left alone for a moment.")
        try:
            row: Vectors = self._vectors(self._queries, [text], self._with_queries)[0]
        except ModelError as problem:
            # What a server refuses it refuses quickly, and perhaps this one question alone.
            if problem.worth_a_retry:
                self._breaker.failed()
            raise
        self._breaker.succeeded()
        return row

    def _vectors(self, server: JsonServer, texts: Sequence[str], patience: Patience) -> Vectors:
        body = self._dialect.body(self._model, [text[:MAX_CHARACTERS] for text in texts])
        deadline = time.monotonic() + patience.seconds
        for attempt in range(1, patience.attempts + 1):
            try:
                return self._checked(server.post(body, deadline - time.monotonic()), len(texts))
            except ModelError as problem:
                pause = self._pause(attempt, problem)
                if not problem.worth_a_retry or attempt == patience.attempts:
                    raise
                if time.monotonic() + pause >= deadline:
                    raise
            self._sleep(pause)
        raise ModelTimedOut

    def _pause(self, attempt: int, problem: ModelError) -> float:
        """Seconds to wait: full jitter, and never less than the server asked for."""
        jitter = self._chance() * min(FIRST_PAUSE_S * 2.0 ** (attempt - 1), LONGEST_PAUSE_S)
        return max(jitter, problem.retry_after or 0.0)

    def _checked(self, answer: Any, count: int) -> Vectors:
        try:
            found = self._dialect.vectors(answer)
        except (LookupError, TypeError, AttributeError):
            raise ModelAnswerBroken(f"The model {self._model} gave an answer without vectors.") from None
        rows = unit_rows(found, count, self._model)
        with self._learning:
            self._dimensions = self._dimensions or rows.shape[1]
        if rows.shape[1] != self._dimensions:
            raise EmbeddingChanged(
                f"The model {self._model} gave vectors of {rows.shape[1]} numbers, and of {self._dimensions} before."
            )
        return rows


def _openai_body(model: str, texts: Sequence[str]) -> dict[str, Any]:
    return {"model": model, "input": list(texts), "encoding_format": "float"}


def _openai_vectors(answer: Any) -> object:
    rows = answer["data"]
    if sorted(row["index"] for row in rows if isinstance(row.get("index"), int)) == list(range(len(rows))):
        rows = sorted(rows, key=lambda row: row["index"])  # some servers answer out of order
    return [row["embedding"] for row in rows]


def _ollama_body(model: str, texts: Sequence[str]) -> dict[str, Any]:
    return {"model": model, "input": list(texts), "truncate": True}


OPENAI = Dialect("openai", "/embeddings", _openai_body, _openai_vectors)
OLLAMA = Dialect("ollama", "/api/embed", _ollama_body, lambda answer: answer["embeddings"])
