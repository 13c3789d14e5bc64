"""The doctor: whether files, records and vectors agree, and how to make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integrations.embeddings.base import Embedder
from integrations.files import FileStore
from integrations.vectorstores.base import VectorStore
from models.documents import Document, DocumentStatus, DocumentType
from repositories.assistants import AssistantRepository
from repositories.chats import ChatRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.scope import Scope
from services.assistants.delete_assistant import DeleteAssistant
from services.documents.reindex_document import ReindexDocument
from services.retrieval.knowledge import collection_name, collection_owner


@dataclass(frozen=True)
class Finding:
    """Something that does not agree: a sentence, and what mends it."""

    kind: str
    about: str
    mend: Callable[[], object]


class KeepConsistent:
    """Compares the three stores. MongoDB says what there is; files that no record knows are reported too."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        documents: DocumentRepository,
        chunks: ChunkRepository,
        chats: ChatRepository,
        files: FileStore,
        embedder: Embedder,
        vectors: VectorStore,
        delete_assistant: DeleteAssistant,
        reindex: ReindexDocument,
    ) -> None:
        self._assistants = assistants
        self._documents = documents
        self._chunks = chunks
        self._chats = chats
        self._files = files
        self._embedder = embedder
        self._vectors = vectors
        self._delete_assistant = delete_assistant
        self._reindex = reindex

    def findings(self) -> Iterator[Finding]:
        """Everything that does not agree. Work under way may show; call it when nothing is being indexed."""
        known = set(self._assistants.all_ids())
        documents: dict[str, list[Document]] = {}
        for document in self._documents.each():
            documents.setdefault(document.assistant_id, []).append(document)
        for assistant_id in sorted(known):
            yield from self._in_assistant(assistant_id, documents.get(assistant_id, []))
        yield from self._left_behind(known, documents)

    def check(self, *, fix: bool) -> list[str]:
        """A line for each finding, mended when ``fix`` is on."""
        lines = []
        for finding in self.findings():
            lines.append(f"{finding.kind}: {finding.about}")
            if fix:
                finding.mend()
        return lines

    def _in_assistant(self, assistant_id: str, documents: list[Document]) -> Iterator[Finding]:
        settled = [one for one in documents if one.live_version and not one.deleted]
        counted = dict.fromkeys((one.id for one in documents), 0)
        live_ids: dict[DocumentType, set[str]] = {kind: set() for kind in DocumentType}
        by_id = {one.id: one for one in documents}
        strays: list[str] = []
        for chunk_id, document_id in self._chunks.keys_of_assistant(assistant_id):
            document = by_id.get(document_id)
            if document is None:
                strays.append(chunk_id)
            elif chunk_id.startswith(f"{document.id}:{document.live_version}:"):
                counted[document.id] += 1
                live_ids[document.type].add(chunk_id)
        if strays:
            yield Finding(
                "chunks without a document",
                f"{len(strays)} of assistant {assistant_id}",
                lambda: self._chunks.delete_by_ids(assistant_id, strays),
            )
        for document in settled:
            if counted[document.id] != document.chunks:
                about = f"{document.filename} ({document.id}) has {counted[document.id]} of {document.chunks} chunks"
                yield Finding("chunks missing", about, _reindex_call(self._reindex, document))
        yield from self._vectors_of(assistant_id, documents, live_ids)
        yield from self._files_of(assistant_id, documents)

    def _vectors_of(
        self, assistant_id: str, documents: list[Document], live_ids: dict[DocumentType, set[str]]
    ) -> Iterator[Finding]:
        for kind, wanted in live_ids.items():
            name = collection_name(assistant_id, kind, self._embedder.name)
            there = self._vectors.ids(name)
            lost = {one.partition(":")[0] for one in wanted - there}
            for document in documents:
                if document.id in lost:
                    about = f"of {document.filename} ({document.id})"
                    yield Finding("vectors missing", about, _reindex_call(self._reindex, document))
            spare = sorted(there - wanted)
            busy = {
                one.id for one in documents if one.status is not DocumentStatus.READY or one.progress < 100
            }
            spare = [one for one in spare if one.partition(":")[0] not in busy]
            if spare:
                yield Finding(
                    "vectors without a chunk",
                    f"{len(spare)} of assistant {assistant_id}",
                    _remove_call(self._vectors, name, spare),
                )

    def _files_of(self, assistant_id: str, documents: list[Document]) -> Iterator[Finding]:
        expected = {self._files.path_of(one) for one in documents}
        for document in documents:
            path = self._files.path_of(document)
            if not document.deleted and not path.is_file():
                yield Finding(
                    "file missing",
                    f"{document.filename} ({document.id}); upload it again",
                    _nothing,
                )
        for path in self._files.files_of(assistant_id):
            if path not in expected:
                yield Finding("file without a record", str(path), path.unlink)

    def _left_behind(self, known: set[str], documents: dict[str, list[Document]]) -> Iterator[Finding]:
        gone = {one for one in self._files.assistants() if one not in known}
        gone |= {owner for owner in documents if owner not in known}
        gone |= {chat.assistant_id for chat in self._chats.each(Scope(whole=True))} - known
        for assistant_id in sorted(gone):
            about = f"assistant {assistant_id} is gone, but something of it is left"
            yield Finding("left behind", about, _finish_call(self._delete_assistant, assistant_id))
        for name in sorted(self._vectors.collections()):
            if collection_owner(name) not in known | gone:
                yield Finding("collection without an assistant", name, _drop_call(self._vectors, name))


def _reindex_call(reindex: ReindexDocument, document: Document) -> Callable[[], object]:
    return lambda: reindex.reindex(document)


def _remove_call(vectors: VectorStore, name: str, ids: list[str]) -> Callable[[], object]:
    return lambda: vectors.remove(name, ids)


def _drop_call(vectors: VectorStore, name: str) -> Callable[[], object]:
    return lambda: vectors.drop(name)


def _finish_call(delete: DeleteAssistant, assistant_id: str) -> Callable[[], object]:
    return lambda: delete.finish(assistant_id)


def _nothing() -> None:
    """Nothing here mends it."""
