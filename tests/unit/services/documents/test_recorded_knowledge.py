from __future__ import annotations

from dataclasses import replace

import mongomock
import pytest
from pymongo.database import Database

from kit.clock import utc_now
from models.assistants import Assistant
from models.documents import Document, DocumentStatus, DocumentType
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.faq import FaqRepository
from repositories.values import Record
from services.documents.recorded_knowledge import RecordedKnowledge
from tests.made import ASSISTANT, OWNER, a_document, some_chunks


@pytest.fixture
def database() -> Database[Record]:
    database: Database[Record] = mongomock.MongoClient(tz_aware=True)["app"]
    now = utc_now()
    AssistantRepository(database).add(Assistant(ASSISTANT, OWNER, "Clínica", "hash", "sealed", now, now))
    return database


@pytest.fixture
def knowledge(database: Database[Record]) -> RecordedKnowledge:
    return RecordedKnowledge(
        assistants=AssistantRepository(database),
        documents=DocumentRepository(database),
        chunks=ChunkRepository(database),
        faq=FaqRepository(database),
    )


def a_live_document(database: Database[Record]) -> Document:
    document = replace(a_document(), status=DocumentStatus.READY, live_version=1, chunks=3)
    DocumentRepository(database).add(document)
    DocumentRepository(database).set_ready(document)
    ChunkRepository(database).add_all(some_chunks(document, 3))
    return document


def test_chunks_are_read_from_the_records_once(
    database: Database[Record], knowledge: RecordedKnowledge
) -> None:
    chunks = some_chunks(a_live_document(database), 3)
    first = knowledge.chunks_by_ids(ASSISTANT, [chunks[0].id, chunks[1].id])
    assert {one.id for one in first} == {chunks[0].id, chunks[1].id}
    database["chunks"].delete_many({"_id": {"$ne": chunks[2].id}})
    both = knowledge.chunks_by_ids(ASSISTANT, [chunks[1].id, chunks[2].id])
    assert {one.text for one in both} == {chunks[1].text, chunks[2].text}


def test_nobody_elses_chunks_are_found(database: Database[Record], knowledge: RecordedKnowledge) -> None:
    chunks = some_chunks(a_live_document(database), 1)
    assert knowledge.chunks_by_ids(ASSISTANT, [chunks[0].id])
    assert knowledge.chunks_by_ids("f" * 24, [chunks[0].id]) == []


def test_chunks_that_are_gone_are_gone_once_the_documents_are_asked_for(
    database: Database[Record], knowledge: RecordedKnowledge
) -> None:
    document = a_live_document(database)
    ids = [chunk.id for chunk in some_chunks(document, 3)]
    assert len(knowledge.chunks_by_ids(ASSISTANT, ids)) == 3
    DocumentRepository(database).mark_deleted(document)
    ChunkRepository(database).delete_of_document(document)
    assert knowledge.live_documents(ASSISTANT, DocumentType.RAG).documents == ()
    assert knowledge.chunks_by_ids(ASSISTANT, ids) == []
