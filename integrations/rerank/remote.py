"""A ``/rerank`` server: Cohere, Jina, vLLM, llama.cpp, Infinity or text-embeddings-inference (TEI)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from integrations.json_server import JsonServer
from integrations.rerank.squash import squashed
from models.model_errors import ModelAnswerBroken, ModelRefused

_NOT_UNDERSTOOD = frozenset({400, 422})


class RemoteReranker:
    """Asks in the words of Cohere and Jina (``documents``), and in those of TEI (``texts``) if they are refused.

    What a server understood is remembered. ``model`` is sent where there is one.
    """

    def __init__(self, server: JsonServer, model: str) -> None:
        self._server = server
        self._model = model
        self._says_texts = False

    def scores(self, query: str, texts: Sequence[str], timeout_s: float) -> list[float]:
        """A score from 0 to 1 for each text; a ``ModelError`` when the server gives none in time."""
        if not texts:
            return []
        deadline = monotonic() + timeout_s
        says_texts = self._says_texts
        try:
            answer = self._server.post(self._body(query, texts, says_texts=says_texts), timeout_s)
        except ModelRefused as problem:
            if problem.details.get("status") not in _NOT_UNDERSTOOD:
                raise
            says_texts = not says_texts
            body = self._body(query, texts, says_texts=says_texts)
            answer = self._server.post(body, deadline - monotonic())
        scores = squashed(_read(answer, len(texts)))
        self._says_texts = says_texts
        return scores

    def _body(self, query: str, texts: Sequence[str], *, says_texts: bool) -> dict[str, Any]:
        if says_texts:
            return {"query": query, "texts": list(texts), "truncate": True}
        named = {"model": self._model} if self._model else {}
        return {**named, "query": query, "documents": list(texts), "top_n": len(texts)}


def _read(answer: object, count: int) -> list[float]:
    """The score of each text, out of ``{results: [{index, relevance_score}]}`` or ``[{index, score}]``."""
    rows = answer.get("results") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise ModelAnswerBroken("The reranker gave an answer without results.")
    found = dict(map(_pair, rows))
    if len(rows) != count or found.keys() != set(range(count)):
        raise ModelAnswerBroken("The reranker did not give one score for each passage.")
    return [found[at] for at in range(count)]


def _pair(row: object) -> tuple[int, float]:
    if isinstance(row, Mapping):
        index, score = row.get("index"), row.get("relevance_score", row.get("score"))
        if type(index) is int and type(score) in (int, float):
            return index, float(score)
    raise ModelAnswerBroken("The reranker gave a result without index and score.")
