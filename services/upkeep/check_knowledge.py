"""Whether documents, their chunks and their vectors agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from integrations.vectorstores.base import VectorStore
from kit.errors import NotFound
from models.documents import Document, DocumentStatus, DocumentType
from models.faq import FaqEntry
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.faq import FaqRepository
from services.documents.purge_document import PurgeDocument
from services.documents.reindex_document import ReindexDocument
from services.faq.write_entry import WriteEntry
from services.retrieval.embedders import Embedders
from services.retrieval.knowledge import collection_name
from services.upkeep.findings import Finding


class CheckKnowledge:
    """Compares the chunks and vectors of one assistant with what its documents say of them.

    Chunks are written before their vectors and removed after them, so a vector always has a chunk; what
    a document at rest has beyond its live version is left over.
    """

    def __init__(
        self,
        *,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        faq: FaqRepository,
        write_entry: WriteEntry,
        embedders: Embedders,
        vectors: VectorStore,
        purge: PurgeDocument,
        reindex: ReindexDocument,
    ) -> None:
        self._documents = documents
        self._chunks = chunks
        self._faq = faq
        self._write_entry = write_entry
        self._embedders = embedders
        self._vectors = vectors
        self._purge = purge
        self._reindex = reindex

    def findings(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Finding]:
        """What does not agree in one assistant; ``documents`` are all of its records."""
        with_work = {one.id for one in self._documents.with_work()}
        at_rest = [one for one in documents if not one.deleted and one.id not in with_work]
        # Vectors before chunks: the chunk of a vector that is seen was there before it. While an assistant is
        # re-embedded they are not all there yet, and the re-embedding sees to them.
        kinds = [] if self._embedders.is_behind(assistant_id) else list(DocumentType)
        vectors = {kind: self._vectors.ids(self._collection(assistant_id, kind)) for kind in kinds}
        chunks: dict[str, set[str]] = {}
        for chunk_id, document_id in self._chunks.keys_of_assistant(assistant_id):
            chunks.setdefault(document_id, set()).add(chunk_id)
        for document in at_rest:
            yield from self._of_document(document, chunks.get(document.id, set()), vectors.get(document.type))
        entries = {one.id: one for one in self._faq.each(assistant_id)}
        for entry in entries.values():
            yield from self._of_entry(entry, chunks.get(entry.id, set()), vectors.get(DocumentType.RAG))
        known_ids = {one.id for one in documents} | entries.keys()
        yield from self._strays(assistant_id, set(chunks) - known_ids, chunks)
        known = set().union(*chunks.values())
        for kind, ids in vectors.items():
            yield from self._bare_vectors(assistant_id, kind, ids - known)

    def _of_document(
        self, document: Document, chunks: set[str], vectors: set[str] | None
    ) -> Iterator[Finding]:
        live = {one for one in chunks if one.startswith(f"{document.id}:{document.live_version}:")}
        count = f"of {document.chunks} chunks of {_named(document)}"
        anew = partial(self._read_anew, document)
        found: list[tuple[str, str, Callable[[], object]]] = []
        if document.status not in (DocumentStatus.READY, DocumentStatus.FAILED):
            found.append(("never read", _named(document), anew))
        if len(live) != document.chunks:
            found.append(("chunks missing", f"{document.chunks - len(live)} {count}", anew))
        if vectors is not None and live - vectors:
            found.append(("vectors missing", f"{len(live - vectors)} {count}", anew))
        if chunks - live:
            left = f"{len(chunks - live)} of {_named(document)}"
            found.append(("chunks left over", left, partial(self._remove_left_over, document)))
        if found and self._is_unchanged(document):
            yield from (Finding(*one) for one in found)

    def _of_entry(self, entry: FaqEntry, chunks: set[str], vectors: set[str] | None) -> Iterator[Finding]:
        complete = entry.chunk.id in chunks and (vectors is None or entry.chunk.id in vectors)
        if not complete and self._faq.get(entry.assistant_id, entry.id) == entry:
            yield Finding("curated answer not found", entry.id, partial(self._write_anew, entry))

    def _strays(
        self, assistant_id: str, document_ids: set[str], chunks: dict[str, set[str]]
    ) -> Iterator[Finding]:
        for document_id in sorted(document_ids):
            if self._is_nobodys(assistant_id, document_id):
                about = f"{len(chunks[document_id])} of document {document_id}"
                mend = partial(self._remove_strays, assistant_id, document_id, sorted(chunks[document_id]))
                yield Finding("chunks without a document", about, mend)

    def _bare_vectors(self, assistant_id: str, kind: DocumentType, ids: set[str]) -> Iterator[Finding]:
        bare = self._still_bare(assistant_id, kind, ids)
        if bare:
            about = f"{len(bare)} of assistant {assistant_id}"
            yield Finding(
                "vectors without a chunk", about, partial(self._remove_bare, assistant_id, kind, bare)
            )

    def _still_bare(self, assistant_id: str, kind: DocumentType, ids: set[str]) -> set[str]:
        """Those that are there and have no chunk, at a second look."""
        if not ids:
            return ids
        there = ids & self._vectors.ids(self._collection(assistant_id, kind))
        return there - {one.id for one in self._chunks.by_ids(assistant_id, sorted(there))}

    def _write_anew(self, entry: FaqEntry) -> None:
        try:
            self._write_entry.change(entry, entry)
        except NotFound:
            return  # changed or deleted in this moment

    def _read_anew(self, document: Document) -> None:
        current = self._documents.get_any(document.id)
        if current is not None and not current.deleted:
            try:
                self._reindex.reindex(current)
            except NotFound:
                return  # deleted in this moment

    def _remove_left_over(self, document: Document) -> None:
        if self._is_unchanged(document):
            self._purge.purge_versions(document, below=max(document.claims, document.live_version) + 1)

    def _remove_strays(self, assistant_id: str, document_id: str, ids: list[str]) -> None:
        if self._is_nobodys(assistant_id, document_id):
            for kind in DocumentType:
                for collection in self._embedders.collections(assistant_id, kind):
                    self._vectors.remove(collection, ids)
            self._chunks.delete_by_ids(assistant_id, ids)

    def _remove_bare(self, assistant_id: str, kind: DocumentType, ids: set[str]) -> None:
        bare = self._still_bare(assistant_id, kind, ids)
        self._vectors.remove(self._collection(assistant_id, kind), sorted(bare))

    def _is_nobodys(self, assistant_id: str, document_id: str) -> bool:
        return (
            self._documents.get_any(document_id) is None and self._faq.get(assistant_id, document_id) is None
        )

    def _is_unchanged(self, document: Document) -> bool:
        """Whether nothing happened to a document since it was read."""
        return self._documents.get_any(document.id) == document

    def _collection(self, assistant_id: str, kind: DocumentType) -> str:
        return collection_name(assistant_id, kind, self._embedders.current.name)


def _named(document: Document) -> str:
    return f"{document.filename} ({document.id})"
