"""How the use cases of documents are put together."""

from __future__ import annotations

import os
import secrets

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from kit.clock import utc_now
from services.documents.add_document import AddDocument
from services.documents.add_several import AddSeveral
from services.documents.add_url import AddUrl
from services.documents.delete_document import DeleteDocument
from services.documents.find_documents import FindDocuments
from services.documents.index_document import IndexDocument
from services.documents.obtain_file import ObtainFile
from services.documents.read_chunks import ReadChunks
from services.documents.reembed import ReembedAssistants
from services.documents.refresh_document import RefreshDocument
from services.documents.report_progress import ReportProgress
from services.documents.retry_document import RetryDocument
from services.documents.use_cases import DocumentUseCases
from services.documents.write_chunks import WriteChunks


def build(parts: Parts, shared: Shared) -> DocumentUseCases:
    """Documents, from the upload to their chunks."""
    records = parts.repositories
    add_document = AddDocument(
        assistants=records.assistants,
        delete_assistant=shared.delete_assistant,
        documents=records.documents,
        files=shared.knowledge.files,
        places=shared.knowledge.places,
        clock=utc_now,
        max_bytes=parts.settings.max_upload_mb << 20,
        index_soon=parts.index_soon,
    )
    return DocumentUseCases(
        add_document=add_document,
        add_several=AddSeveral(add_document=add_document, max_bytes=parts.settings.max_upload_mb << 20),
        add_url=AddUrl(
            assistants=records.assistants,
            delete_assistant=shared.delete_assistant,
            documents=records.documents,
            places=shared.knowledge.places,
            outbound=shared.outbound,
            clock=utc_now,
            index_soon=parts.index_soon,
        ),
        refresh_document=RefreshDocument(documents=records.documents, index_soon=parts.index_soon),
        find_documents=FindDocuments(
            documents=records.documents, assistants=shared.find_assistants, files=shared.knowledge.files
        ),
        delete_document=DeleteDocument(
            assistants=records.assistants, documents=records.documents, purge=shared.knowledge.purge
        ),
        reindex_document=shared.knowledge.reindex,
        reembed=ReembedAssistants(
            assistants=records.assistants,
            chunks=records.chunks,
            embedders=shared.knowledge.embedders,
            vectors=parts.vectors,
        ),
        retry_document=RetryDocument(documents=records.documents, index_soon=parts.index_soon),
        read_chunks=ReadChunks(chunks=records.chunks),
        index_document=_index_document(parts, shared),
    )


def _index_document(parts: Parts, shared: Shared) -> IndexDocument:
    records = parts.repositories
    return IndexDocument(
        assistants=records.assistants,
        documents=records.documents,
        obtain_file=ObtainFile(
            documents=records.documents,
            files=shared.knowledge.files,
            places=shared.knowledge.places,
            outbound=shared.outbound,
            max_bytes=parts.settings.max_upload_mb << 20,
        ),
        parser=parts.parser,
        write_chunks=WriteChunks(
            chunks=records.chunks,
            embedders=shared.knowledge.embedders,
            vectors=parts.vectors,
            turns=parts.workplaces,
        ),
        places=shared.knowledge.places,
        purge=shared.knowledge.purge,
        delete_assistant=shared.delete_assistant,
        progress=ReportProgress(documents=records.documents, clock=utc_now, announce=shared.announce_event),
        lease=f"{os.getpid()}-{secrets.token_hex(4)}",
    )
