"""Uploaded files on disk: received whole or not at all, under names that stay inside their folder.

A document's bytes lie at ``<assistant>/knowledge/<file>`` (rag) or ``<assistant>/<file>`` (prompt), or,
while another document of the same name has that place, at ``<assistant>/.versions/<document>/<file>``.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kit.errors import Invalid, StorageFull, TooLarge
from kit.ids import is_id, new_id
from models.documents import Document, DocumentType

INCOMING = ".incoming"
MARKER = ".installation"
VERSIONS = ".versions"
MAX_NAME_BYTES = 200
_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Received:
    """An upload that is on disk whole, but has no place yet."""

    path: Path
    size: int
    sha256: str


LOOKS = 8


class FileStore:
    """The folder of uploads. Paths that it gives are absolute and inside ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def receive(self, stream: BinaryIO, max_bytes: int) -> Received:
        """Write a stream to a temporary file, with size and SHA-256, and flush it to the disk.

        ``TooLarge`` over ``max_bytes``; ``StorageFull`` when the disk is full. Either leaves nothing.
        """
        path = self._root / INCOMING / new_id()
        digest, size = hashlib.sha256(), 0
        try:
            with _no_room_is_named(), _made(path).open("xb") as target:
                for block in _blocks(stream, max_bytes):
                    size += len(block)
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
        except BaseException:  # whatever it is, nothing is left of the file
            with suppress(OSError):  # what went wrong first is what counts
                path.unlink()
            raise
        return Received(path, size, digest.hexdigest())

    def discard(self, received: Received) -> None:
        """Forget an upload that was refused."""
        received.path.unlink(missing_ok=True)

    @contextmanager
    def naming(self, assistant_id: str) -> Iterator[None]:
        """Hold the names of one assistant's files: one holder at a time, among threads and processes."""
        folder = self._root / _checked_id(assistant_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def place(self, received: Received, document: Document, *, aside: bool) -> None:
        """Give an upload its place: ``aside`` while the document that it replaces is in answers."""
        target = self._aside(document) if aside else self._final(document)
        with _no_room_is_named():
            received.path.replace(_made(target))
            _flush_folder(target.parent)

    def set_aside(self, document: Document) -> None:
        """Move a document out of its name's place, so that a newer one can have it."""
        if self._final(document).exists() and not self._aside(document).exists():
            self._final(document).replace(_made(self._aside(document)))

    def is_aside(self, document: Document) -> bool:
        """Whether a document's file lies beside its name's place."""
        return self._aside(document).exists()

    def promote(self, document: Document) -> None:
        """Move a document that waits aside to its name's place; again is the same."""
        aside = self._aside(document)
        if aside.exists():
            aside.replace(_made(self._final(document)))
            _remove_if_empty(aside.parent)

    def path_of(self, document: Document) -> Path:
        """Where the bytes are now (which need not exist)."""
        aside = self._aside(document)
        return aside if aside.exists() else self._final(document)

    def open(self, document: Document) -> BinaryIO:
        """The bytes as uploaded, also while they are being moved; ``FileNotFoundError`` when they are lost."""
        # It may move again between two looks, however seldom.
        for place in (self._aside(document), self._final(document)) * LOOKS:
            with suppress(FileNotFoundError):
                return place.open("rb")
        return self._final(document).open("rb")

    def remove(self, document: Document, *, owns_place: bool) -> None:
        """Remove a document's bytes; the name's place only when it ``owns_place``."""
        self._aside(document).unlink(missing_ok=True)
        _remove_if_empty(self._aside(document).parent)
        if owns_place:
            self._final(document).unlink(missing_ok=True)

    def remove_assistant(self, assistant_id: str) -> None:
        """Remove everything of one assistant."""
        if is_id(assistant_id):
            shutil.rmtree(self._root / assistant_id, ignore_errors=True)

    def clear_incoming(self, older_than_s: float = 0.0) -> None:
        """Remove what half-done uploads of a process that is gone left behind."""
        if not older_than_s:
            shutil.rmtree(self._root / INCOMING, ignore_errors=True)
            return
        with suppress(OSError):
            for path in (self._root / INCOMING).iterdir():
                if path.stat().st_mtime < time.time() - older_than_s:
                    path.unlink(missing_ok=True)

    def mark(self, installation: str) -> str:
        """Note whose folder this is, unless it is noted; what is noted then."""
        if not self.marked():
            (self._root / MARKER).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._root / MARKER).write_text(f"{installation}\n", encoding="ascii")
        return self.marked()

    def marked(self) -> str:
        """Whose folder this is, empty where that is not noted."""
        try:
            return (self._root / MARKER).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""

    def assistants(self) -> Iterator[str]:
        """The assistants that have a folder."""
        if self._root.is_dir():
            yield from (entry.name for entry in sorted(self._root.iterdir()) if is_id(entry.name))

    def files_of(self, assistant_id: str) -> Iterator[Path]:
        """Every file of one assistant, placeholders left out."""
        for folder, _, names in os.walk(self._root / assistant_id):
            yield from (Path(folder) / name for name in sorted(names) if name != ".gitkeep")

    def _final(self, document: Document) -> Path:
        folder = self._root / _checked_id(document.assistant_id)
        if document.type is DocumentType.RAG:
            folder /= "knowledge"
        return folder / document.filename

    def _aside(self, document: Document) -> Path:
        folder = self._root / _checked_id(document.assistant_id) / VERSIONS / _checked_id(document.id)
        return folder / document.filename


def safe_filename(name: str) -> str:
    """The last part of a client's file name, fit for a disk: ``Invalid`` when nothing is left of it.

    Letters of every script stay; separators, control and invisible characters, leading dots and
    characters that other systems forbid go. At most ``MAX_NAME_BYTES`` bytes, the ending kept.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(ch if unicodedata.category(ch)[0] != "C" and ch not in '<>:"|?*' else "_" for ch in last)
    kept = " ".join(kept.split()).strip(". _")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        stem, ending = kept, ""
    ending = ending.encode()[:20].decode(errors="ignore").strip(" _")
    stem = stem.encode()[: MAX_NAME_BYTES - len(ending.encode()) - 1].decode(errors="ignore").rstrip(". ")
    if not stem:
        raise Invalid.field("file", "The file has no usable name.")
    return f"{stem}.{ending}" if ending else stem.rstrip("._ ")


def relative_path(document: Document) -> str:
    """``documents/<assistant_id>/knowledge/<file>`` or ``documents/<assistant_id>/<file>``."""
    middle = "/knowledge" if document.type is DocumentType.RAG else ""
    return f"documents/{document.assistant_id}{middle}/{document.filename}"


def _blocks(stream: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    size = 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > max_bytes:
            raise TooLarge(f"The file is larger than {max_bytes >> 20} MB.")
        yield block


@contextmanager
def _no_room_is_named() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in _FULL:
            raise StorageFull from problem
        raise


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # not there, or another version still lies in it
        folder.rmdir()


def _checked_id(text: str) -> str:
    if not is_id(text):
        raise ValueError("not an id")
    return text
