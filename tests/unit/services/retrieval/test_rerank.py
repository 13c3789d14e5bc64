"""Reranked searches, over a real server; and searches whose reranker is slow, broken or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from integrations.embeddings.hashed import HashedEmbedder
from integrations.rerank.base import Reranker
from integrations.rerank.choose import choose_reranker
from kit.breaker import Breaker
from kit.settings import Settings
from models.documents import SearchResult
from models.model_errors import ModelRefused
from services.retrieval.rank import Ranked
from services.retrieval.rerank import CANDIDATES, Rerank
from services.retrieval.search_passages import SearchPassages
from tests.made import OneEmbedder
from tests.servers.remembered_knowledge import RememberedKnowledge, document
from tests.servers.vector_server import Reply, VectorServer

TEXTS = [
    "Limpeza de pele: dura uma hora e pede limpeza de pele anterior.",
    "Limpeza de pele custa R$ 180,00 e qual o preço de cada uma está aqui.",
    "O jardim abre cedo.",
]
QUESTION = "limpeza pele qual preço"


class NoVectors:
    """A vector store that never finds anything."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_: []


class Scripted:
    """A reranker that gives the scores it is told, or raises."""

    def __init__(self, *scores: float, error: ModelRefused | None = None) -> None:
        self.given = list(scores)
        self.error = error
        self.asked: list[Sequence[str]] = []

    def scores(self, query: str, texts: Sequence[str], timeout_s: float) -> list[float]:  # noqa: ARG002  # as the protocol has it
        self.asked.append(texts)
        if self.error:
            raise self.error
        return self.given[: len(texts)]


@pytest.fixture
def server() -> Iterator[VectorServer]:
    with VectorServer() as running:
        yield running


def reranker_of(server: VectorServer) -> Reranker:
    found = choose_reranker(Settings(rerank_url=server.url))
    assert found is not None
    return found


def ask(rerank: Rerank | None, texts: Sequence[str] = TEXTS, top_k: int = 3) -> SearchResult:
    knowledge = RememberedKnowledge()
    knowledge.put(document("d1", texts, title="Clínica"))
    search = SearchPassages(
        knowledge=knowledge, embedders=OneEmbedder(HashedEmbedder(64)), vectors=NoVectors(), rerank=rerank
    )
    return search.search(knowledge.assistant(), QUESTION, top_k)


def order(found: SearchResult) -> list[str]:
    return [one.chunk_id for one in found.passages]


def test_passages_come_in_the_order_and_with_the_scores_of_the_reranker() -> None:
    plain = ask(None)
    assert len(plain.passages) == 2
    reranked = ask(Rerank(Scripted(0.2, 0.9)))
    assert order(reranked) == order(plain)[::-1]
    assert [one.score for one in reranked.passages] == [0.9, 0.2]
    assert reranked.enough == plain.enough


def test_a_server_reads_passages_under_their_title(server: VectorServer) -> None:
    found = ask(Rerank(reranker_of(server)))
    (request,) = server.requests
    assert request.body["query"] == QUESTION
    assert sorted(request.body["documents"]) == sorted(f"Clínica\n{text}" for text in TEXTS[:2])
    assert order(found)[0] == "d1:1:1"
    assert found.passages[0].text == TEXTS[1]


@pytest.mark.parametrize("reply", [Reply(500), Reply(body=b"{}"), Reply(delay_s=5.0)])
def test_a_reranker_that_fails_or_is_slow_leaves_the_order_and_is_logged(
    server: VectorServer, reply: Reply
) -> None:
    server.default = reply
    with capture_logs() as logs:
        found = ask(Rerank(reranker_of(server), timeout_s=0.2))
    assert found == ask(None)
    assert [(one["event"], one["log_level"]) for one in logs] == [("not reranked", "warning")]


def test_a_dead_reranker_is_left_alone_after_three_failures(server: VectorServer) -> None:
    server.default = Reply(503)
    rerank = Rerank(reranker_of(server), breaker=Breaker(failures=3, rest_s=3600.0))
    for _ in range(6):
        assert ask(rerank) == ask(None)
    assert len(server.requests) == 3


def test_only_the_best_candidates_are_read_and_the_others_follow() -> None:
    texts = [f"Limpeza de pele número {n} {'preço ' * (n % 3)}palavra{n} outra{n} mais{n}" for n in range(40)]
    reranker = Scripted(*(n / 100 for n in range(1, CANDIDATES + 1)))
    plain, found = ask(None, texts, 40), ask(Rerank(reranker), texts, 40)
    assert [len(one) for one in reranker.asked] == [CANDIDATES]
    assert order(found) == order(plain)[:CANDIDATES][::-1] + order(plain)[CANDIDATES:]
    scores = [one.score for one in found.passages]
    assert scores == sorted(scores, reverse=True)


def test_one_candidate_needs_no_reranker() -> None:
    reranker = Scripted(error=ModelRefused())
    assert len(ask(Rerank(reranker), TEXTS[:1]).passages) == 1
    assert reranker.asked == []


def test_rows_without_a_better_score_keep_their_order_behind() -> None:
    ranked = Ranked((4, 7, 1, 9), (0.9, 0.8, 0.7, 0.1), evidence=0.6)
    assert ranked.reordered({7: 0.3, 4: 0.2, 1: 0.3}) == Ranked((7, 1, 4, 9), (0.3, 0.3, 0.2, 0.1), 0.6)
    assert ranked.reordered({1: 0.95}) == Ranked((1, 4, 7, 9), (0.95, 0.9, 0.8, 0.1), 0.6)
    assert ranked.reordered({}) == ranked
