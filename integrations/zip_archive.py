"""The files within an uploaded zip archive: one by one, within bounds, whatever it says of itself."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from kit.errors import Invalid

_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_HEADER = b"PK\x01\x02"
_MOST_HEADERS = 50_000
"""Headers that lie in the file, those of archives within it too: each one read takes memory."""

_RATIO_FROM = 1 << 20
_BLOCK = 1 << 20
_READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ARCHIVES = {"zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "jar", "iso", "cab"}
_OF_THE_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx"}
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError, struct.error)


@dataclass(frozen=True)
class ZipBounds:
    """How much one archive may hold; ``max_ratio`` is how many times its packed size a file may unpack to."""

    max_unpacked: int
    max_files: int = 1_000
    max_ratio: int = 200


class ZipMember:
    """A file within an archive, by the path that it has there."""

    def __init__(self, archive: _Archive, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info

    @property
    def path(self) -> str:
        """Its path with ``/`` between folders, as written: it may want to lead anywhere."""
        return self._info.filename

    def open(self) -> BinaryIO:
        """Its bytes; ``Invalid`` says why they are not read, also in the middle of them."""
        return self._archive.open(self._info)


@contextmanager
def opened_zip(stream: BinaryIO, bounds: ZipBounds) -> Iterator[list[ZipMember]]:
    """The files of an archive, what the system put there left out; ``Invalid`` when it is none, or too many."""
    if _headers(stream) > _MOST_HEADERS:
        raise _too_many(bounds)
    try:
        archive = zipfile.ZipFile(stream)
    except _DAMAGE:
        raise Invalid.field("file", "The zip archive is damaged.") from None
    with archive:
        infos = [one for one in archive.infolist() if not one.is_dir() and not _is_of_the_system(one)]
        if len(infos) > bounds.max_files:
            raise _too_many(bounds)
        reading = _Archive(archive, bounds)
        yield [ZipMember(reading, one) for one in infos]


class _Archive:
    """An archive that is being read, and how much it may still unpack to."""

    def __init__(self, archive: zipfile.ZipFile, bounds: ZipBounds) -> None:
        self._archive = archive
        self._bounds = bounds
        self._left = bounds.max_unpacked

    def open(self, info: zipfile.ZipInfo) -> BinaryIO:
        self._check(info)
        with _damage_named():
            return io.BufferedReader(_Unpacked(self, info, self._archive.open(info)), _BLOCK)

    def spend(self, info: zipfile.ZipInfo, unpacked: int, count: int) -> None:
        """Count so many more bytes of a file, of which ``unpacked`` came in all."""
        self._left -= count
        if self._left < 0:
            raise self._too_much()
        if unpacked > max(_RATIO_FROM, self._bounds.max_ratio * info.compress_size):
            raise Invalid.field(
                "file", f"The file unpacks to more than {self._bounds.max_ratio} times its size."
            )

    def _check(self, info: zipfile.ZipInfo) -> None:
        if self._left < 0:
            raise self._too_much()
        if info.flag_bits & _ENCRYPTED:
            raise Invalid.field("file", "The file is protected with a password: pack it without one.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Invalid.field("file", "This is a link to another place, not a file.")
        if PurePosixPath(info.filename.lower()).suffix[1:] in _ARCHIVES:
            raise Invalid.field("file", "An archive within an archive is not unpacked: upload it by itself.")
        if info.compress_type not in _READ:
            raise Invalid.field("file", "The file is packed in an unusual way: pack it anew as a plain zip.")

    def _too_much(self) -> Invalid:
        most = self._bounds.max_unpacked >> 20
        return Invalid.field("file", f"The archive unpacks to more than {most} MB: split it into several.")


class _Unpacked(io.RawIOBase):
    """The bytes of one file as they are unpacked, each counted."""

    def __init__(self, archive: _Archive, info: zipfile.ZipInfo, stream: IO[bytes]) -> None:
        self._archive = archive
        self._info = info
        self._stream = stream
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        with _damage_named():
            block = self._stream.read(len(buffer))
        self._unpacked += len(block)
        self._archive.spend(self._info, self._unpacked, len(block))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (*_DAMAGE, zlib.error, EOFError, RuntimeError):
        # A checksum, impossible offsets, an unknown feature, a broken stream, a password.
        raise Invalid.field("file", "The file is damaged within the archive.") from None


def is_zip(stream: BinaryIO) -> bool:
    """Whether a stream begins like a zip archive; it is left at its beginning."""
    start = stream.read(4)
    stream.seek(0)
    return start in _STARTS


def _headers(stream: BinaryIO) -> int:
    """How many headers of files lie in a stream, whatever its directory says; it is read again after."""
    count, before = 0, b""
    stream.seek(0)
    while block := stream.read(_BLOCK):
        count += (before + block).count(_HEADER)
        before = block[-len(_HEADER) + 1 :]
    stream.seek(0)
    return count


def _is_of_the_system(info: zipfile.ZipInfo) -> bool:
    """Whether an operating system put it there: hidden files, pictures of a folder."""
    parts = [part.lower() for part in info.filename.split("/") if part not in ("", ".", "..")]
    return not parts or parts[-1].startswith(".") or bool(_OF_THE_SYSTEM & set(parts))


def _too_many(bounds: ZipBounds) -> Invalid:
    return Invalid.field("file", f"The archive holds more than {bounds.max_files:,} files: split it.")
