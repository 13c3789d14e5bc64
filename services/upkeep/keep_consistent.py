"""The doctor: whether files, records and vectors agree, and how to make them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from integrations.files import FileStore
from integrations.vectorstores.base import VectorStore
from models.documents import Document
from repositories.assistants import AssistantRepository
from repositories.chats import ChatRepository
from repositories.documents import DocumentRepository
from repositories.scope import WHOLE
from services.assistants.delete_assistant import DeleteAssistant
from services.retrieval.knowledge import collection_owner
from services.upkeep.check_files import CheckFiles
from services.upkeep.check_knowledge import CheckKnowledge
from services.upkeep.check_prices import CheckPrices
from services.upkeep.findings import Finding, nothing


class KeepConsistent:
    """Compares the three stores; MongoDB says what there is. It can be called while everything is at work."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        documents: DocumentRepository,
        chats: ChatRepository,
        files: FileStore,
        vectors: VectorStore,
        delete_assistant: DeleteAssistant,
        check_knowledge: CheckKnowledge,
        check_files: CheckFiles,
        check_prices: CheckPrices,
    ) -> None:
        self._assistants = assistants
        self._documents = documents
        self._chats = chats
        self._files = files
        self._vectors = vectors
        self._delete_assistant = delete_assistant
        self._check_knowledge = check_knowledge
        self._check_files = check_files
        self._check_prices = check_prices

    def findings(self) -> Iterator[Finding]:
        """Everything that does not agree, and budgets that cannot be kept."""
        documents: dict[str, list[Document]] = {}
        for document in self._documents.each():
            documents.setdefault(document.assistant_id, []).append(document)
        known = self._assistants.all_ids()
        for assistant_id in known:
            yield from self._check_knowledge.findings(assistant_id, documents.get(assistant_id, []))
            yield from self._check_files.findings(assistant_id, documents.get(assistant_id, []))
            yield from self._check_prices.findings(assistant_id)
        yield from self._left_behind(set(known), set(documents))

    def check(self, *, fix: bool) -> list[str]:
        """A line for each finding, mended when ``fix`` is on."""
        lines = []
        for finding in list(self.findings()):
            lines.append(str(finding))
            if fix:
                finding.mend()
        return lines

    def _left_behind(self, known: set[str], with_documents: set[str]) -> Iterator[Finding]:
        named = with_documents | set(self._files.assistants())
        named |= {chat.assistant_id for chat in self._chats.each(WHOLE)}
        named |= {collection_owner(name) for name in self._vectors.collections()}
        for assistant_id in sorted(named - known):
            if self._is_gone(assistant_id):
                yield self._of_gone(assistant_id, records_are_empty=not known)

    def _of_gone(self, assistant_id: str, *, records_are_empty: bool) -> Finding:
        about = f"assistant {assistant_id} is gone, but something of it is left"
        if records_are_empty:
            # More likely another database than an installation without any assistant.
            about += "; nothing is removed while the records know no assistant at all: is MONGO_URI right?"
            return Finding("left behind", about, nothing)
        return Finding("left behind", about, partial(self._finish, assistant_id))

    def _finish(self, assistant_id: str) -> None:
        if self._is_gone(assistant_id):
            self._delete_assistant.finish(assistant_id)
            for name in self._vectors.collections():
                if collection_owner(name) == assistant_id:
                    self._vectors.drop(name)

    def _is_gone(self, assistant_id: str) -> bool:
        return self._assistants.by_id(assistant_id) is None
