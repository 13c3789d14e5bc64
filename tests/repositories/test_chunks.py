from __future__ import annotations

from dataclasses import replace

import pytest
from pymongo.database import Database

from kit.ids import new_id
from models.documents import DocumentType
from repositories.base import BATCH
from repositories.chunks import ChunkRepository
from repositories.errors import Duplicate
from repositories.values import Record
from tests.made import ASSISTANT, a_document, some_chunks


@pytest.fixture
def chunks(database: Database[Record]) -> ChunkRepository:
    return ChunkRepository(database)


def test_chunks_come_back_as_they_were_kept_in_the_order_asked(chunks: ChunkRepository) -> None:
    document = a_document()
    first, second, third = some_chunks(document, 3, page=4)
    bare = replace(some_chunks(a_document(type=DocumentType.PROMPT), 1)[0], heading=(), title="", language="")
    chunks.add_all([first, second, third])
    chunks.add_all([bare])
    chunks.add_all([])
    assert chunks.by_ids(ASSISTANT, [third.id, "gone:1:0", bare.id, first.id]) == [third, bare, first]
    assert chunks.by_ids(new_id(), [first.id]) == []


def test_a_document_is_read_in_order_at_its_live_version(chunks: ChunkRepository) -> None:
    document = replace(a_document(), live_version=2)
    other = replace(a_document(), live_version=1)
    count = BATCH + 17
    for version in (1, 2, 3):
        chunks.add_all(some_chunks(document, count, version))
    chunks.add_all(some_chunks(other, 2))
    chunks.add_all(some_chunks(a_document(), 2))
    read = list(chunks.of_documents(ASSISTANT, [document, other]))
    assert read == [*some_chunks(document, count, 2), *some_chunks(other, 2)]
    assert list(chunks.of_documents(new_id(), [document])) == []


def test_a_document_is_paged_in_its_own_order_at_its_live_version(chunks: ChunkRepository) -> None:
    document = replace(a_document(), live_version=2)
    for version in (1, 2, 3):
        chunks.add_all(some_chunks(document, 12, version))
    chunks.add_all(some_chunks(a_document(), 2))
    read, cursor = [], ""
    for _ in range(3):
        page = chunks.page(document, 5, cursor)
        read.append(page.items)
        cursor = page.next_cursor
    assert [len(one) for one in read] == [5, 5, 2]
    assert [chunk for page in read for chunk in page] == some_chunks(document, 12, 2)
    assert cursor == ""
    assert chunks.page(replace(document, assistant_id=new_id()), 5).items == ()


def test_types_are_read_apart(chunks: ChunkRepository) -> None:
    rag = some_chunks(a_document(), 2)
    prompt = some_chunks(a_document(type=DocumentType.PROMPT), 2)
    for some in (rag, prompt):
        chunks.add_all(some)
    assert list(chunks.of_assistant(ASSISTANT, DocumentType.RAG)) == rag
    assert list(chunks.of_assistant(ASSISTANT, DocumentType.PROMPT)) == prompt
    assert set(chunks.keys_of_assistant(ASSISTANT)) == {(one.id, one.document_id) for one in (*rag, *prompt)}


def test_what_is_there_already_is_refused(chunks: ChunkRepository) -> None:
    document = a_document()
    chunks.add_all(some_chunks(document, 2))
    with pytest.raises(Duplicate):
        chunks.add_all(some_chunks(document, 3))


def test_versions_of_a_document_can_go(chunks: ChunkRepository) -> None:
    document, other = a_document(), a_document()
    for version in (1, 2, 3):
        chunks.add_all(some_chunks(document, 4, version))
    chunks.add_all(some_chunks(other, 1))
    assert chunks.delete_versions(document, {3, 1}) == 8
    assert chunks.ids_of_document(document) == [one.id for one in some_chunks(document, 4, 2)]
    assert chunks.delete_of_document(document) == 4
    assert chunks.delete_of_document(document) == 0
    assert chunks.ids_of_document(other) != []


def test_an_assistant_loses_its_own_alone(chunks: ChunkRepository) -> None:
    theirs = some_chunks(a_document(assistant_id=new_id()), 3)
    mine = some_chunks(a_document(), 3)
    for some in (mine, theirs):
        chunks.add_all(some)
    assert chunks.delete_by_ids(ASSISTANT, [mine[0].id, theirs[0].id, "gone"]) == 1
    assert chunks.delete_all_of(ASSISTANT) == 2
    assert chunks.by_ids(theirs[0].assistant_id, [one.id for one in theirs]) == theirs
