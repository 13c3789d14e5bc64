from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.retrieval.index_cache import IndexCache
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.segment import build_segment
from tests.servers.remembered_knowledge import document


def _index(version: int, words: int = 5) -> LexicalIndex:
    held, chunks = document("d", [" ".join(f"palavra{n}" for n in range(words))])
    return LexicalIndex(version, {"d": held}, [build_segment([held], chunks)])


def _never(_: LexicalIndex | None) -> LexicalIndex:
    raise AssertionError("built though it is there")


def test_an_index_is_built_once_and_again_for_a_newer_version_from_the_older() -> None:
    cache = IndexCache(1 << 20)
    given: list[LexicalIndex | None] = []

    def renew(older: LexicalIndex | None) -> LexicalIndex:
        given.append(older)
        return _index(len(given) * 2)

    first = cache.get("a", 1, renew)
    assert cache.get("a", 2, _never) is first
    second = cache.get("a", 3, renew)
    assert given == [None, first]
    assert cache.get("a", 1, _never) is second


def test_the_least_recently_used_goes_first_and_the_last_one_stays_whatever_its_size() -> None:
    size = _index(1).nbytes
    cache = IndexCache(2 * size + size // 2)
    for key in ("a", "b"):
        cache.get(key, 1, lambda _: _index(1))
    cache.get("a", 1, _never)
    cache.get("c", 1, lambda _: _index(1))
    cache.get("a", 1, _never)
    cache.get("c", 1, _never)
    assert cache.nbytes == 2 * size
    with pytest.raises(AssertionError):
        cache.get("b", 1, _never)
    cache.get("big", 1, lambda _: _index(1, words=2_000))
    assert len(cache) == 1
    cache.get("big", 1, _never)


def test_threads_wait_for_the_one_that_builds_and_other_keys_do_not() -> None:
    cache = IndexCache(1 << 20)
    building, others_done = threading.Event(), threading.Event()
    built: list[str] = []

    def slow(_: LexicalIndex | None) -> LexicalIndex:
        building.set()
        assert others_done.wait(10)
        built.append("a")
        return _index(1)

    found: list[LexicalIndex] = []
    threads = [threading.Thread(target=lambda: found.append(cache.get("a", 1, slow))) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert building.wait(10)
    cache.get("b", 1, lambda _: _index(1))
    others_done.set()
    for thread in threads:
        thread.join(10)
    assert built == ["a"]
    assert len(found) == 6
    assert all(one is found[0] for one in found)


def test_a_build_that_fails_lets_the_next_thread_build() -> None:
    cache = IndexCache(1 << 20)

    def fail(_: LexicalIndex | None) -> LexicalIndex:
        raise RuntimeError("records away")

    with pytest.raises(RuntimeError):
        cache.get("a", 1, fail)
    assert cache.get("a", 1, lambda _: _index(1)).version == 1
    assert not cache._building


def test_a_stale_index_is_replaced_once() -> None:
    cache = IndexCache(1 << 20)
    stale = cache.get("a", 1, lambda _: _index(1))
    fresh = cache.replace("a", stale, lambda _: _index(2))
    assert cache.replace("a", stale, _never) is fresh
    assert cache.get("a", 2, _never) is fresh


def test_a_reader_never_gets_an_older_version_than_it_asked_for() -> None:
    cache = IndexCache(1 << 20)
    known = [1]
    wrong: list[tuple[int, int]] = []

    def renew(_: LexicalIndex | None) -> LexicalIndex:
        version = known[0]
        time.sleep(0.001)
        return _index(version)

    def read() -> None:
        for _ in range(40):
            version = known[0]
            found = cache.get("a", version, renew)
            if found.version < version:
                wrong.append((version, found.version))

    def write() -> None:
        for _ in range(40):
            known[0] += 1
            time.sleep(0.001)

    work: list[Callable[[], None]] = [read, read, read, write]
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_renewed_index_was_begun_after_it_was_asked_for() -> None:
    cache = IndexCache(1 << 20)
    first = cache.get("a", 1, lambda _: _index(1))
    second = cache.get_renewed("a", lambda older: _index(1) if older is first else first)
    assert second is not first
    assert cache.get("a", 1, _never) is second
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: LexicalIndex | None) -> LexicalIndex:
        begun.set()
        assert go_on.wait(5)
        return _index(1)

    made: list[LexicalIndex] = []

    def later(_: LexicalIndex | None) -> LexicalIndex:
        made.append(_index(1))
        return made[-1]

    with ThreadPoolExecutor(3) as threads:
        running = threads.submit(cache.get_renewed, "a", slow)
        assert begun.wait(5)
        waiting = [threads.submit(cache.get_renewed, "a", later) for _ in range(2)]
        while cache._building["a"][1] < 3:
            time.sleep(0.001)
        go_on.set()
        results = [one.result(5) for one in waiting]
    assert len(made) == 1
    assert all(one is made[0] for one in results)
    assert running.result() is not made[0]
