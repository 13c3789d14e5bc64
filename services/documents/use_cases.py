"""What the doors can ask of documents."""

from __future__ import annotations

from dataclasses import dataclass

from services.documents.add_document import AddDocument
from services.documents.add_several import AddSeveral
from services.documents.add_url import AddUrl
from services.documents.delete_document import DeleteDocument
from services.documents.find_documents import FindDocuments
from services.documents.index_document import IndexDocument
from services.documents.read_chunks import ReadChunks
from services.documents.reembed import ReembedAssistants
from services.documents.refresh_document import RefreshDocument
from services.documents.reindex_document import ReindexDocument
from services.documents.retry_document import RetryDocument


@dataclass(frozen=True)
class DocumentUseCases:
    """Documents, from the upload to their chunks."""

    add_document: AddDocument
    add_several: AddSeveral
    add_url: AddUrl
    refresh_document: RefreshDocument
    find_documents: FindDocuments
    delete_document: DeleteDocument
    reindex_document: ReindexDocument
    reembed: ReembedAssistants
    retry_document: RetryDocument
    read_chunks: ReadChunks
    index_document: IndexDocument
