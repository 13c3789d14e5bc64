"""The records that retrieval asks for, in memory, with the moments a test needs to step in at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from models.assistants import Assistant, AssistantSettings, Language
from models.documents import Chunk, Document, DocumentType, chunk_id
from services.retrieval.knowledge import LiveDocuments

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def assistant(identity: str = "a1", version: int = 1, language: Language = Language.AUTO) -> Assistant:
    """An assistant as the records hold it."""
    settings = AssistantSettings(language=language)
    return Assistant(identity, "o1", "Clínica", "hash", "sealed", NOW, NOW, settings, version)


def document(
    identity: str,
    texts: Sequence[str],
    *,
    assistant_id: str = "a1",
    title: str = "",
    heading: tuple[str, ...] = (),
    version: int = 1,
    language: str = "pt",
    document_type: DocumentType = DocumentType.RAG,
    filename: str = "",
) -> tuple[Document, list[Chunk]]:
    """A document and its chunks."""
    held = Document(
        identity,
        assistant_id,
        "o1",
        filename or f"{identity}.txt",
        document_type,
        10,
        "0",
        NOW,
        chunks=len(texts),
        language=language,
        live_version=version,
    )
    chunks = [
        Chunk(
            chunk_id(identity, version, n),
            assistant_id,
            identity,
            document_type,
            version,
            n,
            text,
            title,
            heading,
            None,
            language,
        )
        for n, text in enumerate(texts)
    ]
    return held, chunks


class RememberedKnowledge:
    """``Knowledge`` in memory; ``before_chunks`` and ``before_texts`` run just before those are read."""

    def __init__(self) -> None:
        self.version = 0
        self.documents: dict[str, Document] = {}
        self.chunks: dict[str, Chunk] = {}
        self.before_chunks: Callable[[], None] = _nothing
        self.before_texts: Callable[[], None] = _nothing
        self.reads: list[list[str]] = []

    def put(self, *parts: tuple[Document, list[Chunk]]) -> None:
        """Add or replace documents, and move the version."""
        for held, chunks in parts:
            self._remove(held.id)
            self.documents[held.id] = held
            self.chunks.update({one.id: one for one in chunks})
        self.version += 1

    def drop(self, identity: str) -> None:
        """Remove a document and its chunks, and move the version."""
        self._remove(identity)
        self.version += 1

    def assistant(self) -> Assistant:
        """The assistant at the version of now."""
        return replace(assistant(), knowledge_version=self.version)

    def live_documents(self, assistant_id: str, document_type: DocumentType) -> LiveDocuments:
        """What is live now."""
        mine = [one for one in self.documents.values() if one.assistant_id == assistant_id]
        return LiveDocuments(self.version, tuple(one for one in mine if one.type is document_type))

    def chunks_of(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Chunk]:
        """The chunks of documents, last first: any order must do."""
        self.reads.append([one.id for one in documents])
        self.before_chunks()
        wanted = {(one.id, one.live_version) for one in documents}
        found = [one for one in self.chunks.values() if (one.document_id, one.version) in wanted]
        yield from reversed([one for one in found if one.assistant_id == assistant_id])

    def chunks_by_ids(self, assistant_id: str, ids: Sequence[str]) -> list[Chunk]:
        """Chunks by id."""
        self.before_texts()
        return [
            self.chunks[one]
            for one in ids
            if one in self.chunks and self.chunks[one].assistant_id == assistant_id
        ]

    def _remove(self, identity: str) -> None:
        self.documents.pop(identity, None)
        self.chunks = {key: one for key, one in self.chunks.items() if one.document_id != identity}


def _nothing() -> None:
    return None
