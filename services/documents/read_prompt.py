"""The system prompt that an assistant's newest prompt document holds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from integrations.files import FileStore
from kit.logging import get_logger
from models.assistants import Assistant
from models.documents import Document, DocumentType, Passage
from services.documents.recorded_knowledge import RecordedKnowledge
from services.retrieval.search_passages import SearchPassages

HEAD_CHARACTERS = 8000
TAIL_PASSAGES = 2
KEPT = 1000
_log = get_logger("documents")


@dataclass(frozen=True)
class PromptText:
    """The part of the system prompt that is sent: its head always, and of the rest what fits the question."""

    head: str = ""
    relevant: tuple[Passage, ...] = ()


class ReadPrompt:
    """Reads the prompt document in force, and remembers it until the assistant's knowledge changes."""

    def __init__(self, *, knowledge: RecordedKnowledge, files: FileStore, search: SearchPassages) -> None:
        self._knowledge = knowledge
        self._files = files
        self._search = search
        self._lock = threading.Lock()
        self._texts: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def read(self, assistant: Assistant, question: str) -> PromptText:
        """The prompt for one question; empty when the assistant has no prompt document."""
        text = self._text(assistant)
        if len(text) <= HEAD_CHARACTERS:
            return PromptText(text)
        found = self._search.search(assistant, question, TAIL_PASSAGES, document_type=DocumentType.PROMPT)
        head = text[:HEAD_CHARACTERS]
        return PromptText(head, tuple(one for one in found.passages if one.text not in head))

    def _text(self, assistant: Assistant) -> str:
        with self._lock:
            version, text = self._texts.get(assistant.id, (-1, ""))
        if version >= assistant.knowledge_version and not assistant.changing:
            return text
        live = self._knowledge.live_documents(assistant.id, DocumentType.PROMPT)
        text = self._content(assistant, live.documents[-1]) if live.documents else ""
        with self._lock:
            self._texts[assistant.id] = (live.version, text)
            self._texts.move_to_end(assistant.id)
            while len(self._texts) > KEPT:
                self._texts.popitem(last=False)
        return text

    def _content(self, assistant: Assistant, document: Document) -> str:
        try:
            with self._files.open(document) as stream:
                return _decoded(stream.read())
        except FileNotFoundError:
            # Lost from the disk: its chunks say the same, and no assistant speaks without its instructions.
            _log.warning("prompt file missing", assistant_id=assistant.id, document_id=document.id)
            chunks = self._knowledge.chunks_of(assistant.id, [document])
            return "\n\n".join(one.text for one in sorted(chunks, key=lambda chunk: chunk.n))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").strip()
