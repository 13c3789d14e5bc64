"""Remove what belongs to a document that is deleted already."""

from __future__ import annotations

from integrations.vectorstores.base import VectorStore
from models.documents import Document
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from services.documents.place_file import PlaceFile
from services.retrieval.embedders import Embedders


class PurgeDocument:
    """Removes vectors, chunks, file and record, in this order; each step can run twice."""

    def __init__(
        self,
        *,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        places: PlaceFile,
        embedders: Embedders,
        vectors: VectorStore,
    ) -> None:
        self._documents = documents
        self._chunks = chunks
        self._places = places
        self._embedders = embedders
        self._vectors = vectors

    def purge(self, document: Document) -> None:
        """Remove everything; the record goes last, so that what is interrupted is found again."""
        self._remove_vectors(document, self._chunks.ids_of_document(document))
        self._chunks.delete_of_document(document)
        if self._places.remove(document):
            self._documents.forget(document)

    def purge_other_versions(self, document: Document) -> None:
        """Remove the chunks of a document that are not of its live version."""
        live = f"{document.id}:{document.live_version}:"
        others = [one for one in self._chunks.ids_of_document(document) if not one.startswith(live)]
        if others:
            self._remove_vectors(document, others)
            self._chunks.delete_of_document(document, keep_version=document.live_version)

    def _remove_vectors(self, document: Document, ids: list[str]) -> None:
        if ids:
            for collection in self._embedders.collections(document.assistant_id, document.type):
                self._vectors.remove(collection, ids)
