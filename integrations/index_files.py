"""Lexical indexes on disk: copies that a start is quicker with, and that nobody misses when they are gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kit.ids import new_id
from kit.logging import get_logger
from models.documents import DocumentType

ROOM = 2 << 30  # bytes of all files
_LOOKED_AT = 1 / 32  # of the room: after so much was written, a look at what all files take
_DIGEST = 16
_log = get_logger("retrieval")


class IndexFiles:
    """One file an assistant and type of document, whole or not there; the oldest go when there are too many.

    Nothing is flushed to the disk: what a power cut leaves of a file does not fit its checksum, and is removed.
    A directory that cannot be written is noted in the log, and does without.
    """

    def __init__(self, directory: Path, room: int = ROOM) -> None:
        self._directory = directory
        self._room = room
        self._written = room  # since the last look: nothing is known yet

    def read(self, assistant_id: str, document_type: DocumentType) -> bytes | None:
        """What was written last; ``None`` when there is nothing, or it is damaged."""
        path = self._path(assistant_id, document_type)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if _digest(content[_DIGEST:]) == content[:_DIGEST]:
            return content[_DIGEST:]
        _log.warning("index file damaged", assistant_id=assistant_id)
        self.drop(assistant_id)
        return None

    def has(self, assistant_id: str, document_type: DocumentType) -> bool:
        """Whether there is a file."""
        return self._path(assistant_id, document_type).exists()

    def write(self, assistant_id: str, document_type: DocumentType, content: bytes) -> None:
        """Put ``content`` in the place of what is there."""
        path = self._path(assistant_id, document_type)
        unfinished = path.with_name(f"{new_id()}.tmp")
        with self._noted():
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                unfinished.write_bytes(_digest(content) + content)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            self._written += len(content)
            if self._written > _LOOKED_AT * self._room:
                self._written = 0
                self._make_room(path)

    def drop(self, assistant_id: str) -> None:
        """Remove an assistant's files: they hold the words of its documents."""
        for document_type in DocumentType:
            with self._noted():
                self._path(assistant_id, document_type).unlink(missing_ok=True)

    def _path(self, assistant_id: str, document_type: DocumentType) -> Path:
        return self._directory / f"{assistant_id}-{document_type}.index"

    def _make_room(self, newest: Path) -> None:
        files = []
        for path in self._directory.iterdir():
            with suppress(FileNotFoundError):  # removed in this moment
                state = path.stat()
                files.append((state.st_mtime_ns, state.st_size, path))
        room = self._room - sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if room >= 0:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                room += size

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            _log.warning("index file not written", problem=type(problem).__name__)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()
