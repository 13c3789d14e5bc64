"""Background work: fair among owners and their assistants, tried again, found again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from jobs import background
from jobs.background import Background, FairQueue
from kit.errors import Unavailable
from kit.ids import new_id
from models.documents import Document
from tests.made import a_document

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


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries that a test can wait for."""
    monkeypatch.setattr(background, "BACK_OFF_S", (0.01, 0.02))
    monkeypatch.setattr(background, "SWEEP_EVERY_S", 0.01)


@pytest.fixture
def started(quick: None) -> Iterator[Callable[..., Background]]:
    running: list[Background] = []

    def start(
        index: Callable[[str, Document | None], None], sweep: Callable[[], None] = lambda: None
    ) -> Background:
        running.append(Background(workers=2))
        running[-1].start(index=index, sweep=sweep)
        return running[-1]

    yield start
    for one in running:
        one.stop()
        assert not any(thread.is_alive() for thread in one._threads)


def test_what_fails_is_tried_again_until_it_works(started: Callable[..., Background]) -> None:
    tries: list[str] = []
    seen: set[Document | None] = set()
    done = threading.Event()

    def index(document_id: str, handed_in: Document | None) -> None:
        tries.append(document_id)
        seen.add(handed_in)
        if len(tries) < 3:
            raise Unavailable
        if len(tries) == 3:
            raise ZeroDivisionError  # a bug in one document's way must not end the thread
        done.set()

    document = a_document()
    running = started(index)
    running.index_soon(document)
    assert done.wait(WITHIN_S)
    assert tries == [document.id] * 4
    assert seen == {document}


def test_one_that_keeps_failing_holds_no_other_up(started: Callable[..., Background]) -> None:
    broken, fine = a_document(), [replace(a_document(), assistant_id=new_id()) for _ in range(20)]
    done: set[str] = set()
    all_done = threading.Event()

    def index(document_id: str, _: Document | None) -> None:
        if document_id == broken.id:
            raise Unavailable
        done.add(document_id)
        if len(done) == len(fine):
            all_done.set()

    running = started(index)
    for document in (broken, *fine):
        running.index_soon(document)
    assert all_done.wait(WITHIN_S)
    assert done == {document.id for document in fine}


def test_sweeps_begin_at_once_and_go_on_whatever_happens(started: Callable[..., Background]) -> None:
    sweeps: list[int] = []
    enough = threading.Event()

    def sweep() -> None:
        sweeps.append(len(sweeps))
        if len(sweeps) == 1:
            raise Unavailable
        if len(sweeps) == 2:
            raise ZeroDivisionError
        if len(sweeps) == 5:
            enough.set()

    started(lambda *_: None, sweep)
    assert enough.wait(WITHIN_S)


def test_it_is_idle_when_all_is_done(started: Callable[..., Background]) -> None:
    release, begun = threading.Event(), threading.Event()

    def index(*_: object) -> None:
        begun.set()
        release.wait(WITHIN_S)

    running = started(index)
    states = [running.idle]
    running.index_soon(a_document())
    assert begun.wait(WITHIN_S)
    states.append(running.idle)
    release.set()
    while not running.idle:
        threading.Event().wait(0.001)
    assert states == [True, False]
