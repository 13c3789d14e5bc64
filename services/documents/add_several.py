"""Take several files in at once: a folder, or what a zip archive holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import BinaryIO

from integrations.zip_archive import ZipBounds, is_zip, opened_zip
from kit.errors import AppError, Conflict, Invalid, StorageFull, TooLarge, UnsupportedFormat
from models.assistants import Assistant
from models.documents import Document, DocumentType
from services.documents.add_document import AddDocument, Upload
from services.documents.distinct_names import distinct_names

MOST_FILES = 1_000
_UNPACKED = 16
"""An archive may unpack to so many times the largest upload."""

_SHOWN = 255
_REFUSALS = (Invalid, UnsupportedFormat, TooLarge, Conflict, StorageFull)
"""What is wrong with one file, and not with the request or the server."""


@dataclass(frozen=True)
class Refused:
    """A file that was not taken in, by the path it came with, and why in words for its uploader."""

    name: str
    reason: str


@dataclass(frozen=True)
class Added:
    """What became of several files, each in the order in which they came."""

    documents: tuple[Document, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class _Candidate:
    path: str
    open: Callable[[], BinaryIO]


class AddSeveral:
    """Makes a document of each file that can be one, and says of each other why not."""

    def __init__(self, *, add_document: AddDocument, max_bytes: int) -> None:
        self._add_document = add_document
        self._bounds = ZipBounds(max_unpacked=_UNPACKED * max_bytes, max_files=MOST_FILES)

    def add(self, assistant: Assistant, uploads: Sequence[Upload]) -> Added:
        """The documents, ``pending``, and the refusals; ``Invalid`` when no file at all could be taken in.

        Files that have one name in different folders are named with their folders. A name that is taken
        in the assistant is replaced, or refused, as the first upload says.
        """
        with ExitStack() as archives:
            candidates = [one for upload in uploads for one in self._candidates(upload, archives)]
            if len(candidates) > MOST_FILES:
                raise Invalid.field("file", f"These are more than {MOST_FILES:,} files: send them in parts.")
            added = self._add_each(assistant, uploads[0], candidates)
        if added.documents:
            return added
        reasons: dict[str, list[str]] = {}
        for one in added.refused:
            reasons.setdefault(one.name, []).append(one.reason)
        raise Invalid("None of the files can be taken in.", code="nothing_added", details=reasons)

    def _candidates(self, upload: Upload, archives: ExitStack) -> Iterator[_Candidate]:
        if not is_archive(upload):
            yield _Candidate(upload.filename, lambda: upload.stream)
            return
        members = archives.enter_context(opened_zip(upload.stream, self._bounds))
        if not members:
            raise Invalid.field("file", "The archive holds no files.")
        for member in members:
            yield _Candidate(member.path, member.open)

    def _add_each(self, assistant: Assistant, first: Upload, candidates: Sequence[_Candidate]) -> Added:
        documents: list[Document] = []
        refused: list[Refused] = []
        for name, one in zip(distinct_names([one.path for one in candidates]), candidates, strict=True):
            try:
                upload = replace(first, filename=name, stream=one.open())
                documents.append(self._add_document.add(assistant, upload))
            except _REFUSALS as problem:
                refused.append(Refused(_shown(one.path), _reason(problem)))
        return Added(tuple(documents), tuple(refused))


def is_archive(upload: Upload) -> bool:
    """Whether an upload stands for the files within it: knowledge alone comes in archives."""
    named_so = upload.type is DocumentType.RAG and upload.filename.lower().endswith(".zip")
    return named_so and is_zip(upload.stream)


def _reason(problem: AppError) -> str:
    told = problem.details.get("file")
    return str(told[0]) if told else problem.sentence


def _shown(path: str) -> str:
    return "".join(one if one.isprintable() else "_" for one in path)[:_SHOWN]
