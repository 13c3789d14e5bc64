"""Bring an uploaded document into answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from integrations.embeddings.base import Embedder
from integrations.files import FileStore
from integrations.parsing.base import Parser, Unreadable
from integrations.vectorstores.base import VectorStore
from kit.logging import get_logger
from models.documents import Chunk, Document, DocumentStatus, DocumentType, ParsedDocument, chunk_id
from models.text.language import detect_language
from repositories.assistants import AssistantRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from services.documents.add_document import format_of
from services.documents.purge_document import PurgeDocument
from services.retrieval.knowledge import collection_name

BATCH = 200
# Counted at each claim, so that a document that ends the process, too, is given up some day.
MOST_ATTEMPTS = 12
GIVEN_UP = (
    "The document could not be indexed in several tries; ask for it again with reindex, or upload it anew."
)
_log = get_logger("documents")


class IndexDocument:
    """Parses a document, writes its chunks, then their vectors, then puts them into answers in one write.

    Every step can run again after a crash. New chunks lie beside the ones in answers (under the next
    version) until the write that swaps them; what the swap makes obsolete goes after it.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        files: FileStore,
        parser: Parser,
        embedder: Embedder,
        vectors: VectorStore,
        purge: PurgeDocument,
        lease: str,
    ) -> None:
        self._assistants = assistants
        self._documents = documents
        self._chunks = chunks
        self._files = files
        self._parser = parser
        self._embedder = embedder
        self._vectors = vectors
        self._purge = purge
        self._lease = lease

    def with_work(self) -> list[Document]:
        """Every document that something is still to be done with, oldest first."""
        return self._documents.with_work()

    def look(self, document_id: str) -> Document | None:
        """The document as it is now, ``None`` when it is gone."""
        document = self._documents.get_any(document_id)
        return None if document is None or document.deleted else document

    def index(self, document_id: str) -> None:
        """Do whatever is still to be done for this document; ``Unavailable`` when it must be tried later."""
        document = self._documents.get_any(document_id)
        if document is None:
            return
        if document.deleted:
            self._purge.purge(document)
            return
        if not self._documents.claim(document, self._lease):
            return
        if document.attempts >= MOST_ATTEMPTS:
            self._documents.set_failed(document, GIVEN_UP)
            return
        if _is_done(document):
            self._tidy(document)
            return
        self._index(document)

    def _index(self, document: Document) -> None:
        try:
            parsed = self._parser.parse(self._files.path_of(document), format_of(document.filename))
        except Unreadable as problem:
            _log.info("document unreadable", document_id=document.id, assistant_id=document.assistant_id)
            self._documents.set_failed(document, problem.sentence)
            return
        except FileNotFoundError:
            self._documents.set_failed(document, "The file is not on the disk any more; upload it again.")
            return
        if not self._documents.set_progress(document, 10):
            self._purge_if_deleted(document)
            return
        chunks = _chunks(document, parsed)
        # What an interrupted try left under this version goes first.
        self._chunks.delete_of_document(document, keep_version=document.live_version)
        if not self._write(document, chunks):
            self._purge_if_deleted(document)
            return
        ready = replace(
            document,
            status=DocumentStatus.READY,
            chunks=len(chunks),
            title=chunks[0].title,
            language=chunks[0].language,
            pages=parsed.pages,
            live_version=document.live_version + 1,
        )
        if not self._documents.set_ready(ready):
            self._purge_if_deleted(document)
            return
        self._tidy(ready)

    def _write(self, document: Document, chunks: Sequence[Chunk]) -> bool:
        collection = collection_name(document.assistant_id, document.type, self._embedder.name)
        for start in range(0, len(chunks), BATCH):
            batch = chunks[start : start + BATCH]
            self._chunks.add_all(batch)
            vectors = self._embedder.embed([_embedded_text(chunk) for chunk in batch])
            self._vectors.add(collection, [chunk.id for chunk in batch], vectors)
            done = 10 + 89 * (start + len(batch)) // len(chunks)
            if not self._documents.set_progress(document, done):
                return False
        return True

    def _tidy(self, document: Document) -> None:
        """After the swap: say that what is known changed, then remove what the swap made obsolete."""
        self._assistants.bump_knowledge(document.assistant_id)
        self._purge.purge_versions_before(document)
        for older in self._documents.same_name(document):
            if document.id in older.replaced_by:
                self._documents.mark_deleted(older)
                self._purge.purge(older)
        if document.aside and document.type is DocumentType.RAG:
            self._files.promote(document)
            self._documents.set_aside(document, aside=False)
        self._documents.set_work(document, is_open=False)

    def _purge_if_deleted(self, document: Document) -> None:
        current = self._documents.get_any(document.id)
        self._purge.purge(current if current is not None else replace(document, deleted=True))


def _is_done(document: Document) -> bool:
    """Whether only tidying up is left: the swap was written, and nobody asked for another one since."""
    return document.status is DocumentStatus.READY and document.progress == 100


def _chunks(document: Document, parsed: ParsedDocument) -> list[Chunk]:
    title = parsed.title or PurePath(document.filename).stem
    sample = "\n".join(piece.text for piece in parsed.pieces[:20])
    language = detect_language(f"{title}\n{sample}"[:8000])
    version = document.live_version + 1
    return [
        Chunk(
            id=chunk_id(document.id, version, n),
            assistant_id=document.assistant_id,
            document_id=document.id,
            type=document.type,
            version=version,
            n=n,
            text=piece.text,
            title=title,
            heading=piece.heading,
            page=piece.page,
            language=language,
        )
        for n, piece in enumerate(parsed.pieces)
    ]


def _embedded_text(chunk: Chunk) -> str:
    return "\n".join((chunk.title, " > ".join(chunk.heading), chunk.text))
