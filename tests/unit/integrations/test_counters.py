"""Requests counted in memory and in a real Redis, that comes and goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.counters.memory import CountsInMemory
from integrations.counters.redis import REST_S, CountsInRedis
from tests.servers.chroma_server import free_port
from tests.servers.redis_server import redis_server


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with redis_server() as running:
        yield running


@pytest.fixture(params=["memory", "redis"])
def counts(request: pytest.FixtureRequest) -> Iterator[CountsInMemory | CountsInRedis]:
    if request.param == "memory":
        yield CountsInMemory()
        return
    in_redis = CountsInRedis(request.getfixturevalue("url"))
    yield in_redis
    in_redis.close()


def test_of_many_at_once_no_more_pass_than_may(counts: CountsInMemory | CountsInRedis) -> None:
    with ThreadPoolExecutor(16) as many:
        passed = Counter(many.map(lambda _: counts.count("a", 10, 60) is not None, range(64)))

    assert passed == {True: 10, False: 54}
    assert counts.count("b", 10, 60) == 1


def test_processes_share_what_is_counted_in_redis(url: str) -> None:
    one, other = CountsInRedis(url), CountsInRedis(url)

    assert (one.count("shared", 2, 60), other.count("shared", 2, 60)) == (1, 2)
    assert one.count("shared", 2, 60) is other.count("shared", 2, 60) is None
    assert 0 < one._redis.ttl("orquestra:requests:shared") <= 61
    one.close()
    other.close()


def test_counts_are_forgotten_when_their_time_is_over() -> None:
    now = 0.0
    counts = CountsInMemory(lambda: now)

    assert [counts.count("a", 1, 60), counts.count("a", 1, 60)] == [1, None]
    now = 61.0
    assert counts.count("a", 1, 60) == 1
    now = 200.0
    counts.count("b", 1, 60)
    assert list(counts._counts) == ["b"]


def test_while_redis_is_away_requests_are_counted_here() -> None:
    now = 0.0
    counts = CountsInRedis(f"redis://127.0.0.1:{free_port()}/0", lambda: now)

    assert [counts.count("a", 1, 60), counts.count("a", 1, 60)] == [1, None]
    with redis_server() as url:
        counts._redis = CountsInRedis(url)._redis
        assert counts.count("a", 1, 60) is None  # it is left alone for a moment
        now = REST_S
        assert counts.count("a", 1, 60) == 1
    counts.close()
