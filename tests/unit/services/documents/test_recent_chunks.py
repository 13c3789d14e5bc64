from __future__ import annotations

from services.documents.recent_chunks import AROUND, RecentChunks
from tests.made import a_document, some_chunks

ONE, OTHER = "a" * 24, "b" * 24


def test_what_was_added_is_found_by_its_assistant_alone() -> None:
    chunks = some_chunks(a_document(), 3)
    recent = RecentChunks()
    recent.add(ONE, chunks)
    assert recent.find(ONE, [chunks[2].id, "gone", chunks[0].id]) == {
        chunks[2].id: chunks[2],
        chunks[0].id: chunks[0],
    }
    assert recent.find(OTHER, [chunks[0].id]) == {}


def test_what_is_forgotten_is_not_found() -> None:
    chunks = some_chunks(a_document(), 2)
    recent = RecentChunks()
    recent.add(ONE, chunks)
    recent.add(OTHER, chunks)
    recent.forget(ONE)
    recent.forget(ONE)
    assert recent.find(ONE, [chunks[0].id]) == {}
    assert recent.find(OTHER, [chunks[0].id]) == {chunks[0].id: chunks[0]}


def test_room_is_bounded_and_the_assistant_asked_last_stays() -> None:
    chunks = some_chunks(a_document(), 2)
    each = sum(len(chunk.text) + AROUND for chunk in chunks)
    recent = RecentChunks(room=2 * each)
    ids = [chunk.id for chunk in chunks]
    for assistant in (ONE, OTHER):
        recent.add(assistant, chunks)
        recent.add(assistant, chunks)  # again is the same, for the room too
    assert len(recent.find(ONE, ids)) == 2
    recent.add("c" * 24, chunks)
    assert len(recent.find(ONE, ids)) == 2
    assert recent.find(OTHER, ids) == {}
    recent.forget(ONE)
    recent.add(OTHER, chunks)
    assert len(recent.find("c" * 24, ids)) == 2


def test_an_assistant_larger_than_the_room_is_not_kept() -> None:
    chunks = some_chunks(a_document(), 5)
    recent = RecentChunks(room=AROUND)
    recent.add(ONE, chunks)
    assert recent.find(ONE, [chunk.id for chunk in chunks]) == {}
    recent.add(ONE, [])
    assert recent.find(ONE, [chunks[0].id]) == {}
