"""Background work waits in a fair order: owners take turns, and their assistants."""

from __future__ import annotations

import threading

from jobs.fair_queue import FairQueue

WITHIN_S = 10.0


def taken(queue: FairQueue, count: int) -> list[str | None]:
    return [queue.take() for _ in range(count)]


def put(queue: FairQueue, *items: str) -> None:
    """Items named by whose they are: ``"ana/big 0"``."""
    for item in items:
        owner, _, rest = item.partition("/")
        queue.put(item, owner=owner, assistant=rest.split()[0])


def test_assistants_of_an_owner_take_turns_and_each_has_its_order() -> None:
    queue = FairQueue()
    put(queue, "ana/big 0", "ana/big 1", "ana/big 2", "ana/big 3", "ana/small 0")
    assert queue.take() == "ana/big 0"
    put(queue, "ana/late 0")
    expected = ["ana/small 0", "ana/big 1", "ana/late 0", "ana/big 2", "ana/big 3"]
    assert taken(queue, 5) == expected


def test_owners_take_turns_however_many_assistants_they_have() -> None:
    queue = FairQueue()
    put(queue, *(f"ana/a{n} 0" for n in range(5)), *(f"ana/a0 {n}" for n in range(1, 5)))
    put(queue, "bia/b0 0", "bia/b0 1", "caio/c0 0")
    assert queue.take() == "ana/a0 0"
    assert taken(queue, 4) == ["bia/b0 0", "caio/c0 0", "ana/a1 0", "bia/b0 1"]
    assert taken(queue, 7) == [
        "ana/a2 0", "ana/a3 0", "ana/a4 0", "ana/a0 1", "ana/a0 2", "ana/a0 3", "ana/a0 4",
    ]  # fmt: skip


def test_one_who_uploads_a_thousand_keeps_nobody_waiting_for_more_than_one() -> None:
    queue = FairQueue()
    put(queue, *(f"ana/a{n % 50} {n}" for n in range(1000)))
    for n in range(10):
        put(queue, f"bia/b {n}")
        assert f"bia/b {n}" in taken(queue, 2)


def test_what_waits_already_is_not_queued_twice() -> None:
    queue = FairQueue()
    put(queue, "ana/a 1", "ana/a 1", "ana/a 1", "ana/a 2")
    assert taken(queue, 2) == ["ana/a 1", "ana/a 2"]
    queue.done("ana/a 1")
    queue.done("ana/a 2")
    assert queue.idle


def test_what_is_asked_for_while_it_runs_is_run_once_more() -> None:
    queue = FairQueue()
    put(queue, "ana/a 1")
    assert queue.take() == "ana/a 1"
    put(queue, "ana/a 1", "ana/a 1", "ana/a 2")
    assert queue.take() == "ana/a 2"  # not the first: it must not run twice at once
    queue.done("ana/a 2")
    assert not queue.idle
    queue.done("ana/a 1")
    assert queue.take() == "ana/a 1"
    queue.done("ana/a 1")
    assert queue.idle


def test_closing_lets_everybody_go() -> None:
    queue = FairQueue()
    results: list[str | None] = []
    threads = [threading.Thread(target=lambda: results.append(queue.take())) for _ in range(3)]
    for thread in threads:
        thread.start()
    queue.close()
    for thread in threads:
        thread.join(WITHIN_S)
    assert results == [None, None, None]
    put(queue, "ana/a 1")
    assert queue.take() is None


def test_work_goes_on_until_the_queue_is_closed_and_what_waits_then_is_left() -> None:
    queue = FairQueue()
    put(queue, "ana/a 1", "ana/a 2", "ana/a 3")
    done: list[str] = []

    def work(item: str) -> None:
        done.append(item)
        if item == "ana/a 2":
            queue.close()

    queue.work_off(work)
    assert done == ["ana/a 1", "ana/a 2"]
    assert not queue.idle
