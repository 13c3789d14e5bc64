"""Remove what belongs to a document that is deleted already."""

from __future__ import annotations

from collections.abc import Callable

from integrations.index_files import IndexFiles
from integrations.vectorstores.base import VectorStore
from models.documents import Document, version_of
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
        index_files: IndexFiles | None = None,
    ) -> None:
        self._documents = documents
        self._chunks = chunks
        self._places = places
        self._embedders = embedders
        self._vectors = vectors
        self._index_files = index_files

    def purge(self, document: Document) -> None:
        """Remove everything; the record goes last, so that what is interrupted is found again.

        While somebody works on the document its record stays: they may still write, and purge it after that.
        """
        self.purge_chunks(document)
        if self._places.remove(document):
            current = self._documents.get_any(document.id)
            if current is not None and not current.lease:
                self._documents.forget(document)

    def purge_after_work(self, document: Document) -> None:
        """Remove everything of a document that nobody works on any more.

        Vectors that were written after their chunks had gone are found by their ids, among all there are.
        """
        self.purge_chunks(document)
        for collection in self._embedders.collections(document.assistant_id, document.type):
            left = [one for one in self._vectors.ids(collection) if one.startswith(f"{document.id}:")]
            if left:
                self._vectors.remove(collection, left)
        if self._places.remove(document):
            self._documents.forget(document)

    def purge_chunks(self, document: Document) -> None:
        """Remove vectors and chunks of all versions."""
        self._remove_vectors(document, self._chunks.ids_of_document(document))
        self._chunks.delete_of_document(document)

    def purge_versions(self, document: Document, below: int) -> None:
        """Remove the chunks of a document under a version below this one, but those of its live version.

        Never those of a later version: they are in the hands of whoever claimed the document since.
        """
        if below > 1:  # there is none before the first
            self._purge(document, lambda version: version < below and version != document.live_version)

    def purge_version(self, document: Document, only: int) -> None:
        """Remove the chunks of one version of a document, which is not the live one."""
        self._purge(document, lambda version: version == only)

    def _purge(self, document: Document, goes: Callable[[int], bool]) -> None:
        ids = {one: version_of(one) for one in self._chunks.ids_of_document(document)}
        gone = [one for one, version in ids.items() if goes(version)]
        if gone:
            self._remove_vectors(document, gone)
            self._chunks.delete_versions(document, {ids[one] for one in gone})

    def _remove_vectors(self, document: Document, ids: list[str]) -> None:
        if ids and self._index_files is not None:
            self._index_files.drop(document.assistant_id)
        if ids:
            for collection in self._embedders.collections(document.assistant_id, document.type):
                self._vectors.remove(collection, ids)
