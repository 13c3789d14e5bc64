"""Copies on disk of what can be made again: a start is quicker with them, and nobody misses those that are gone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kit.errors import Unavailable
from kit.ids import new_id
from kit.logging import get_logger

_DIGEST = 16
_LOOKED_AT = 1 / 32  # of the room: after so much was written, a look at what all files take
_log = get_logger("copies")


class KeptFiles:
    """Files of one directory, each whole or not there; the oldest go when they take more than ``room`` bytes.

    Nothing that is written is flushed to the disk: what a power cut leaves of a file does not fit its checksum, and
    is removed. A directory that cannot be written is noted in the log, and does without.
    """

    def __init__(self, directory: Path, room: int) -> None:
        self._directory = directory
        self._room = room
        self._written = room  # since the last look: nothing is known yet

    def read(self, name: str) -> bytes | None:
        """What was written last; ``None`` when there is nothing, or it is damaged."""
        path = self._directory / name
        try:
            content = path.read_bytes()
        except OSError:
            return None
        rest = memoryview(content)[_DIGEST:]
        if _digest(rest) == content[:_DIGEST]:
            return bytes(rest)
        _log.warning("copy damaged", name=name)
        self.remove(name)
        return None

    def has(self, name: str) -> bool:
        """Whether there is a file."""
        return (self._directory / name).exists()

    def write(self, name: str, content: bytes) -> None:
        """Put ``content`` in the place of what is there."""
        path = self._directory / name
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

    def remove(self, name: str) -> None:
        """Remove a file."""
        with self._noted():
            (self._directory / name).unlink(missing_ok=True)

    def remove_for_good(self, name: str) -> None:
        """Remove a file, also where the power goes in the next moment; ``Unavailable`` where that cannot be."""
        try:
            (self._directory / name).unlink()
            descriptor = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as problem:
            raise Unavailable("A copy that is out of date cannot be removed from the disk.") from problem

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
            _log.warning("copy not written", problem=type(problem).__name__)


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()
