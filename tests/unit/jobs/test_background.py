"""Documents indexed in the background: tried again, found again, none in another's way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from jobs import background
from jobs.background import Background
from kit.errors import Unavailable
from kit.ids import new_id
from models.documents import Document
from tests.made import a_document

WITHIN_S = 10.0


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
        assert not any(thread.is_alive() for thread in one._threads._threads)


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
