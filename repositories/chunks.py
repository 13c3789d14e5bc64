"""Chunks in the records: the texts that answers are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from models.documents import Chunk, Document, DocumentType
from models.pages import Page
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, choice


class ChunkRepository(Repository):
    """One record a chunk, under ``<document>:<version>:<n>``."""

    collection: ClassVar[str] = "chunks"
    page_keys: ClassVar[Mapping[str, str]] = {
        "document_id": "document_page",
        "assistant_id": "assistant_page",
    }

    def add_all(self, chunks: Sequence[Chunk]) -> None:
        """Keep the chunks of one document; what an interrupted try left of them must be removed before."""
        if chunks:
            scope = Scope(assistant_id=chunks[0].assistant_id, document_id=chunks[0].document_id)
            self._insert_many(scope, [_record(chunk) for chunk in chunks])

    def by_ids(self, assistant_id: str, ids: Sequence[str]) -> list[Chunk]:
        """The assistant's chunks of these ids; those that are gone are left out."""
        return [_chunk(record) for record in self._by_ids(Scope(assistant_id=assistant_id), ids)]

    def page(self, document: Document, limit: int, cursor: str = "") -> Page[Chunk]:
        """The chunks of a document's live version, in the document's order."""
        scope = Scope(assistant_id=document.assistant_id, document_id=document.id)
        match = {"version": document.live_version}
        found = self._page(scope, limit=limit, cursor=cursor, match=match, newest_first=False)
        return found.map(_chunk)

    def of_documents(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Chunk]:
        """The chunks of each document's live version, one read for each document."""
        for document in documents:
            scope = Scope(assistant_id=assistant_id, document_id=document.id)
            for record in self._each(scope, match={"version": document.live_version}):
                yield _chunk(record)

    def of_assistant(self, assistant_id: str, document_type: DocumentType) -> Iterator[Chunk]:
        """Every chunk of an assistant's documents of one type, live or not, in one sweep."""
        for record in self._each(Scope(assistant_id=assistant_id), match={"type": document_type}):
            yield _chunk(record)

    def ids_of_document(self, document: Document) -> list[str]:
        """The ids of every chunk of a document, of all versions."""
        scope = Scope(assistant_id=document.assistant_id, document_id=document.id)
        return [record["_id"] for record in self._each(scope, fields=("_id",))]

    def delete_of_document(self, document: Document) -> int:
        """Remove a document's chunks of all versions."""
        return self._delete_all(Scope(assistant_id=document.assistant_id, document_id=document.id))

    def delete_versions(self, document: Document, versions: Iterable[int]) -> int:
        """Remove a document's chunks of these versions."""
        scope = Scope(assistant_id=document.assistant_id, document_id=document.id)
        return self._delete_all(scope, match={"version": {"$in": sorted(versions)}})

    def delete_by_ids(self, assistant_id: str, ids: Sequence[str]) -> int:
        """Remove the assistant's chunks of these ids."""
        return sum(self._delete(Scope(assistant_id=assistant_id), one) for one in ids)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every chunk of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def keys_of_assistant(self, assistant_id: str) -> Iterator[tuple[str, str]]:
        """The id and the document's id of every chunk of an assistant; for the doctor alone."""
        for record in self._each(Scope(assistant_id=assistant_id), fields=("_id", "document_id")):
            yield record["_id"], record["document_id"]

    def _tail(self, record: Record) -> str:
        return f"{record['document_id']}:{record['version']:06d}:{record['n']:08d}"


def _record(chunk: Chunk) -> Record:
    return {
        "_id": chunk.id,
        "assistant_id": chunk.assistant_id,
        "document_id": chunk.document_id,
        "type": chunk.type,
        "version": chunk.version,
        "n": chunk.n,
        "text": chunk.text,
        "title": chunk.title,
        "heading": chunk.heading,
        "page": chunk.page,
        "language": chunk.language,
    }


def _chunk(record: Record) -> Chunk:
    return Chunk(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        document_id=record["document_id"],
        type=choice(record["type"], DocumentType.RAG),
        version=int(record["version"]),
        n=int(record["n"]),
        text=record["text"],
        title=record.get("title", ""),
        heading=tuple(record.get("heading", ())),
        page=record.get("page"),
        language=record.get("language", ""),
    )
