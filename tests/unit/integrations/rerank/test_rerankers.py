"""Rerankers over HTTP and in a folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.rerank.base import Reranker
from integrations.rerank.choose import choose_reranker
from integrations.rerank.local import LocalReranker
from kit.errors import SettingsError
from kit.settings import Settings
from models.model_errors import ModelAnswerBroken, ModelBusy, ModelRefused, ModelTimedOut
from tests.builders.onnx import cross_encoder_folder, embedder_folder, word_weights
from tests.servers.vector_server import Reply, VectorServer

TEXTS = ["red square", "green round", "red round"]


@pytest.fixture
def server() -> Iterator[VectorServer]:
    with VectorServer() as running:
        yield running


def chosen(**environ: str) -> Reranker:
    found = choose_reranker(Settings.from_env(environ))
    assert found is not None
    return found


def test_a_server_is_asked_as_cohere_and_jina_are(server: VectorServer) -> None:
    reranker = chosen(RERANK_URL=server.url, RERANK_MODEL="some/model", RERANK_API_KEY="k")
    assert reranker.scores("red round", TEXTS, 5.0) == [0.5, 0.5, 1.0]
    (request,) = server.requests
    assert request.path == "/rerank"
    assert request.headers["authorization"] == "Bearer k"
    assert request.body == {"model": "some/model", "query": "red round", "documents": TEXTS, "top_n": 3}


def test_a_server_that_wants_texts_is_asked_for_them_from_then_on() -> None:
    with VectorServer(rerank_says="texts") as server:
        reranker = chosen(RERANK_URL=f"{server.url}/rerank")
        assert reranker.scores("red round", TEXTS, 5.0) == [0.5, 0.5, 1.0]
        assert reranker.scores("green", TEXTS, 5.0) == [0.0, 1.0, 0.0]
    assert ["texts" in one.body for one in server.requests] == [False, True, True]
    assert "model" not in server.requests[0].body


def test_logits_become_scores_from_zero_to_one(server: VectorServer) -> None:
    rows = [{"index": 1, "score": -3.0}, {"index": 0, "score": 1_000.0}]
    server.script(Reply(body=json.dumps(rows).encode()))
    first, second = chosen(RERANK_URL=server.url).scores("q", ["a", "b"], 5.0)
    assert 0.99 < first <= 1.0
    assert 0.0 < second < 0.1


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"no json",
        b'"results"',
        b'{"results": [{"index": 0, "relevance_score": 1}]}',
        b'[{"index": 0, "score": 1}, {"index": 0, "score": 1}]',
        b'[{"index": 0, "score": 1}, {"index": 2, "score": 1}]',
        b'[{"index": 0, "score": "1"}, {"index": 1, "score": 1}]',
        b'[{"index": 0, "score": NaN}, {"index": 1, "score": 1}]',
        b'[{"index": true, "score": 1}, {"index": 0, "score": 1}]',
        b"[0.5, 0.5]",
    ],
)
def test_an_answer_without_a_score_for_each_text_is_a_named_error(server: VectorServer, body: bytes) -> None:
    server.script(Reply(body=body))
    with pytest.raises(ModelAnswerBroken):
        chosen(RERANK_URL=server.url).scores("q", ["a", "b"], 5.0)


def test_time_is_bounded_and_refusals_are_not_repeated(server: VectorServer) -> None:
    server.script(Reply(delay_s=5.0), Reply(401))
    with pytest.raises(ModelTimedOut):
        chosen(RERANK_URL=server.url).scores("q", TEXTS, 0.1)
    with pytest.raises(ModelRefused):
        chosen(RERANK_URL=server.url).scores("q", TEXTS, 5.0)
    assert len(server.requests) == 2


def test_a_folder_reads_question_and_passage_together(tmp_path: Path) -> None:
    weights = word_weights(red=[2.0], green=[-2.0], round=[1.0])
    reranker = chosen(RERANK_MODEL=f"local:{cross_encoder_folder(tmp_path / 'm', weights)}")
    scores = reranker.scores("a", [*TEXTS, "green", "red red red red red round"], 5.0)
    assert sorted(range(5), key=lambda n: -scores[n]) == [4, 2, 0, 1, 3]
    assert all(0.0 < score < 1.0 for score in scores)


def test_a_folder_keeps_to_its_time(tmp_path: Path) -> None:
    reranker = LocalReranker(cross_encoder_folder(tmp_path / "m", word_weights(red=[2.0])))
    with pytest.raises(ModelTimedOut):
        reranker.scores("a", TEXTS, -1.0)
    held, release = threading.Event(), threading.Event()

    class Held(list[str]):
        def __len__(self) -> int:
            held.set()
            release.wait(10)
            return 0

    thread = threading.Thread(target=reranker.scores, args=("a", Held(), 5.0))
    thread.start()
    held.wait(10)
    try:
        with pytest.raises(ModelBusy):
            reranker.scores("a", TEXTS, 0.01)
    finally:
        release.set()
        thread.join()


def test_settings_that_name_no_reranker_stop_the_start(tmp_path: Path) -> None:
    embedder = embedder_folder(tmp_path / "m", word_weights(a=[1, 2]))
    for environ, reason in (
        ({"RERANK_MODEL": "some/model"}, "RERANK_URL is needed"),
        ({"RERANK_MODEL": "local:"}, "RERANK_MODEL: lacks"),
        ({"RERANK_MODEL": "local:x", "RERANK_URL": "http://127.0.0.1"}, "two rerankers"),
        ({"RERANK_URL": "127.0.0.1:80"}, "RERANK_URL"),
        ({"RERANK_MODEL": f"local:{embedder}"}, "one number for each pair"),
    ):
        with pytest.raises(SettingsError, match=reason):
            choose_reranker(Settings.from_env(environ))
    assert choose_reranker(Settings()) is None
