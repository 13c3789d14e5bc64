"""How what assistants know is put together: files, chunks, vectors, and the search over them."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.parts import Parts
from integrations.embeddings.choose import remake_embedder
from integrations.files import FileStore
from integrations.index_files import IndexFiles
from services.documents.place_file import PlaceFile
from services.documents.purge_document import PurgeDocument
from services.documents.read_prompt import ReadPrompt
from services.documents.recorded_knowledge import RecordedKnowledge
from services.documents.reindex_document import ReindexDocument
from services.faq.write_entry import WriteEntry
from services.retrieval.embedders import Embedders
from services.retrieval.keep_segments import KeepSegments
from services.retrieval.rerank import Rerank
from services.retrieval.search_passages import SearchPassages


@dataclass(frozen=True)
class Knowledge:
    """What writes and reads it, for every capability that does either."""

    files: FileStore
    index_files: IndexFiles
    embedders: Embedders
    search: SearchPassages
    read_prompt: ReadPrompt
    places: PlaceFile
    purge: PurgeDocument
    reindex: ReindexDocument
    write_entry: WriteEntry


def build(parts: Parts) -> Knowledge:
    """All of it on these parts."""
    settings, records, vectors = parts.settings, parts.repositories, parts.vectors
    files, index_files = FileStore(settings.documents_dir), IndexFiles(settings.data_dir / "index")
    embedders = Embedders(
        parts.embedder, records=records.embedders, remake=lambda name: remake_embedder(name, settings)
    )
    recorded = RecordedKnowledge(
        assistants=records.assistants, documents=records.documents, chunks=records.chunks, faq=records.faq
    )
    search = SearchPassages(
        knowledge=recorded,
        embedders=embedders,
        vectors=vectors,
        rerank=Rerank(parts.reranker),
        keep=KeepSegments(index_files),
    )
    places = PlaceFile(documents=records.documents, files=files)
    purge = PurgeDocument(
        documents=records.documents,
        chunks=records.chunks,
        places=places,
        embedders=embedders,
        vectors=vectors,
        index_files=index_files,
    )
    return Knowledge(
        files=files,
        index_files=index_files,
        embedders=embedders,
        search=search,
        read_prompt=ReadPrompt(knowledge=recorded, files=files, search=search),
        places=places,
        purge=purge,
        reindex=ReindexDocument(documents=records.documents, index_soon=parts.index_soon),
        write_entry=WriteEntry(
            assistants=records.assistants,
            entries=records.faq,
            chunks=records.chunks,
            embedders=embedders,
            vectors=vectors,
            purge=purge,
        ),
    )
