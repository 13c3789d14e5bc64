"""Lexical indexes on disk."""

from __future__ import annotations

from pathlib import Path

from integrations.kept_files import KeptFiles
from models.documents import DocumentType

ROOM = 2 << 30  # bytes of all files


class IndexFiles:
    """One file an assistant and type of document, as ``KeptFiles`` keeps them."""

    def __init__(self, directory: Path, room: int = ROOM) -> None:
        self._files = KeptFiles(directory, room)

    def read(self, assistant_id: str, document_type: DocumentType) -> bytes | None:
        """What was written last; ``None`` when there is nothing, or it is damaged."""
        return self._files.read(_name(assistant_id, document_type))

    def has(self, assistant_id: str, document_type: DocumentType) -> bool:
        """Whether there is a file."""
        return self._files.has(_name(assistant_id, document_type))

    def write(self, assistant_id: str, document_type: DocumentType, content: bytes) -> None:
        """Put ``content`` in the place of what is there."""
        self._files.write(_name(assistant_id, document_type), content)

    def drop(self, assistant_id: str) -> None:
        """Remove an assistant's files: they hold the words of its documents."""
        for document_type in DocumentType:
            self._files.remove(_name(assistant_id, document_type))


def _name(assistant_id: str, document_type: DocumentType) -> str:
    return f"{assistant_id}-{document_type}.index"
