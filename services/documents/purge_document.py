"""Remove what belongs to a document that is deleted already."""

from __future__ import annotations

from integrations.embeddings.base import Embedder
from integrations.files import FileStore
from integrations.vectorstores.base import VectorStore
from models.documents import Document
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from services.retrieval.knowledge import collection_name


class PurgeDocument:
    """Removes vectors, chunks, file and record, in this order; each step can run twice."""

    def __init__(
        self,
        *,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        files: FileStore,
        embedder: Embedder,
        vectors: VectorStore,
    ) -> None:
        self._documents = documents
        self._chunks = chunks
        self._files = files
        self._embedder = embedder
        self._vectors = vectors

    def purge(self, document: Document) -> None:
        """Remove everything; the record goes last, so that what is interrupted is found again."""
        self._remove_vectors(document, self._chunks.ids_of_document(document))
        self._chunks.delete_of_document(document)
        self._files.remove(document, owns_place=self._owns_place(document))
        self._documents.forget(document)

    def purge_versions_before(self, document: Document) -> None:
        """Remove the chunks of a document's earlier versions."""
        live = f"{document.id}:{document.live_version}:"
        old = [one for one in self._chunks.ids_of_document(document) if not one.startswith(live)]
        if old:
            self._remove_vectors(document, old)
            self._chunks.delete_of_document(document, keep_version=document.live_version)

    def _owns_place(self, document: Document) -> bool:
        """Whether the file in the name's place is this document's, and not a namesake's."""
        return not document.aside and all(other.aside for other in self._documents.same_name(document))

    def _remove_vectors(self, document: Document, ids: list[str]) -> None:
        if ids:
            collection = collection_name(document.assistant_id, document.type, self._embedder.name)
            self._vectors.remove(collection, ids)
