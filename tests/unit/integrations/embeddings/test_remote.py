"""The embedder over HTTP, against a real server."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from integrations.embeddings.base import Embedder
from integrations.embeddings.choose import DOCUMENT_CALLS
from integrations.embeddings.remote import BATCH, OLLAMA, OPENAI, Dialect, Patience, RemoteEmbedder
from integrations.json_server import JsonServer
from integrations.llm.transport import checked_url
from kit.breaker import Breaker
from models.model_errors import (
    EmbeddingChanged,
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelTimedOut,
    ModelUnavailable,
)
from tests.servers.vector_server import Reply, VectorServer, letters

KEY = "sk-very-secret"
BASES = {"openai": "/v1", "ollama": ""}


@pytest.fixture
def server() -> Iterator[VectorServer]:
    with VectorServer() as running:
        yield running


class Pauses(list[float]):
    """Records pauses instead of sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def embedder(
    server: VectorServer,
    dialect: Dialect = OPENAI,
    *,
    pauses: Pauses | None = None,
    seconds: float = 10.0,
    breaker: Breaker | None = None,
) -> RemoteEmbedder:
    url = checked_url(server.url + BASES[dialect.kind], "X", dialect.path)

    def connect(calls: int) -> JsonServer:
        return JsonServer(url, model="m", calls=calls, api_key=KEY, key_setting="OPENAI_API_KEY")

    return RemoteEmbedder(
        dialect,
        "m",
        documents=connect(DOCUMENT_CALLS),
        queries=connect(2),
        with_documents=Patience(4, seconds),
        with_queries=Patience(2, seconds),
        breaker=breaker,
        sleep=pauses if pauses is not None else Pauses(),
        chance=lambda: 0.5,
    )


def expected(text: str) -> list[float]:
    counts = letters(text)
    return [one / math.hypot(*counts) for one in counts]


@pytest.mark.parametrize("dialect", [OPENAI, OLLAMA], ids=lambda one: one.kind)
def test_every_text_gets_its_own_unit_vector_in_batches(server: VectorServer, dialect: Dialect) -> None:
    made: Embedder = embedder(server, dialect)
    texts = [f"{'abc'[n % 3] * n} z" for n in range(BATCH + 3)]
    rows = made.embed(texts)
    np.testing.assert_allclose(rows, [expected(text) for text in texts], atol=1e-6)
    assert [len(one.body["input"]) for one in server.requests] == [BATCH, 3]
    assert made.dimensions == rows.shape[1] == 26
    assert made.name == f"{dialect.kind}:m"
    np.testing.assert_allclose(made.embed_query("abba"), expected("abba"), atol=1e-6)


def test_key_and_model_go_to_the_server(server: VectorServer) -> None:
    embedder(server).embed(["a"])
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {"model": "m", "input": ["a"], "encoding_format": "float"}


def test_blank_texts_are_zero_and_asked_of_nobody(server: VectorServer) -> None:
    made = embedder(server)
    assert made.embed([" ", ""]).shape[0] == 2
    assert not made.embed_query("  ").any()
    assert server.requests == []
    rows = made.embed(["", "a", "\n"])
    assert rows.any(axis=1).tolist() == [False, True, False]
    assert server.requests[0].body["input"] == ["a"]


def test_what_fails_for_a_moment_is_tried_again_after_growing_pauses(server: VectorServer) -> None:
    pauses = Pauses()
    server.script(Reply(500), Reply(429, headers={"Retry-After": "2"}), Reply(body=b"no json"))
    assert embedder(server, pauses=pauses).embed(["a"]).any()
    assert pauses == [0.25, 2.0, 1.0]
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("reply", "error", "calls"),
    [
        (Reply(500), ModelUnavailable, 4),
        (Reply(503), ModelBusy, 4),
        (Reply(401), ModelRefused, 1),
        (Reply(404), ModelRefused, 1),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), ModelRefused, 1),
        (Reply(body=b"[]"), ModelAnswerBroken, 4),
        (Reply(body=b'{"data": []}'), ModelAnswerBroken, 4),
        (Reply(body=b'{"data": [[1.0, 2.0]]}'), ModelAnswerBroken, 4),
        (Reply(body=b'{"data": [{"index": 0, "embedding": [1.0, NaN]}]}'), ModelAnswerBroken, 4),
        (Reply(body=b'{"data": [{"index": 0, "embedding": "AAAA"}]}'), ModelAnswerBroken, 4),
    ],
)
def test_what_goes_on_failing_is_a_named_error_without_key_or_address(
    server: VectorServer, reply: Reply, error: type[ModelError], calls: int
) -> None:
    server.default = reply
    with pytest.raises(error) as raised:
        embedder(server).embed(["a"])
    assert len(server.requests) == calls
    for secret in (KEY, "sk-secret", "127.0.0.1"):
        assert secret not in f"{raised.value!r} {raised.value.details}"


def test_a_server_that_changes_its_dimension_is_a_named_error(server: VectorServer) -> None:
    made = embedder(server)
    made.embed(["a"])
    server.dimensions = 12
    with pytest.raises(EmbeddingChanged, match="12 numbers, and of 26"):
        made.embed(["b"])
    with pytest.raises(EmbeddingChanged):
        made.embed_query("b")
    assert len(server.requests) == 3


def test_total_time_is_bounded(server: VectorServer) -> None:
    server.default = Reply(delay_s=5.0)
    with pytest.raises(ModelTimedOut):
        embedder(server, seconds=0.2).embed(["a"])


def test_no_pause_is_begun_that_ends_after_the_time(server: VectorServer) -> None:
    server.default = Reply(429, headers={"Retry-After": "3600"})
    pauses = Pauses()
    with pytest.raises(ModelBusy):
        embedder(server, pauses=pauses).embed(["a"])
    assert pauses == []


def test_calls_at_once_are_bounded(server: VectorServer) -> None:
    made = embedder(server)
    server.default = Reply(delay_s=0.05)
    threads = [threading.Thread(target=made.embed, args=(["a"],)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 6
    assert server.most_at_once == DOCUMENT_CALLS


def test_a_dead_server_is_left_alone_by_questions_for_a_while(server: VectorServer) -> None:
    server.default = Reply(500)
    made = embedder(server, breaker=Breaker(failures=2, rest_s=3600.0))
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            made.embed_query("a")
    asked = len(server.requests)
    with pytest.raises(ModelUnavailable, match="left alone"):
        made.embed_query("a")
    assert len(server.requests) == asked


def test_refused_questions_do_not_shut_out_the_others(server: VectorServer) -> None:
    made = embedder(server, breaker=Breaker(failures=1))
    server.script(Reply(413))
    with pytest.raises(ModelRefused):
        made.embed_query("a" * 9_000)
    assert made.embed_query("a").any()
    assert len(server.requests[0].body["input"][0]) == 8_000


def test_vectors_out_of_order_are_put_in_order_and_without_numbers_taken_as_they_come(
    server: VectorServer,
) -> None:
    plain = {"data": [{"embedding": [1.0, 0.0]}, {"embedding": [0.0, 1.0]}]}
    server.script(Reply(body=json.dumps(plain).encode()))
    assert embedder(server).embed(["a", "b"]).tolist() == [[1.0, 0.0], [0.0, 1.0]]
