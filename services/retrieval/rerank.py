"""The best candidates once more, in the order of a model that reads them."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.rerank.base import Reranker
from kit.breaker import Breaker
from kit.logging import get_logger
from models.model_errors import ModelError

CANDIDATES = 30
TIMEOUT_S = 2.0
_log = get_logger("retrieval")


class Rerank:
    """Asks a reranker for its scores, and does without them when it fails or is slow: a search never waits longer.

    A reranker that keeps failing is left alone for half a minute. Without a reranker there are never any scores.
    """

    def __init__(
        self, reranker: Reranker | None, *, timeout_s: float = TIMEOUT_S, breaker: Breaker | None = None
    ) -> None:
        self._reranker = reranker
        self._timeout_s = timeout_s
        self._breaker = breaker or Breaker()

    @property
    def on(self) -> bool:
        """Whether there is a reranker at all."""
        return self._reranker is not None

    def scores(self, query: str, texts: Sequence[str]) -> list[float] | None:
        """A score from 0 to 1 for each text; ``None`` when the order that there is has to do."""
        if self._reranker is None or len(texts) < 2 or not self._breaker.allows():
            return None
        try:
            scores = self._reranker.scores(query, texts, self._timeout_s)
        except ModelError as problem:
            self._breaker.failed()
            _log.warning("not reranked", code=problem.error_code, reason=problem.sentence)
            return None
        self._breaker.succeeded()
        return scores
