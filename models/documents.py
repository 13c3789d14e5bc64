"""Documents, the chunks they are cut into, and the passages found for a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil


class DocumentType(StrEnum):
    """Whether a document is knowledge to search or the assistant's system prompt."""

    RAG = "rag"
    PROMPT = "prompt"


class DocumentStatus(StrEnum):
    """Where a document is on its way into answers."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class Stage(StrEnum):
    """What is being done with a document at the moment, or what came of it."""

    QUEUED = "queued"
    FETCHING = "fetching"
    PARSING = "parsing"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """How far the work on a document has come, in per cent, and when it should be done."""

    stage: Stage
    progress: int
    ready_by: datetime | None = None


@dataclass(frozen=True)
class Document:
    """An uploaded file and how far it has come.

    ``live_version`` is the version of its chunks that answers use (0: none yet). ``replaced_by`` lists later
    uploads of the same name: it stays until the first of them is ready. ``lease`` names who works on it, and
    ``claims`` counts how often somebody began to. ``aside`` says that its file waits beside its name's place
    (another document has it). ``deleted`` is set first when it is deleted. ``ready_by`` is when the work
    under way should be done, as far as that can be told; ``words`` and ``warnings`` are what its parser
    found. ``replaces`` says that there was another of its name when it came, for which it may have to be tidied
    up. ``source_url`` is the page that it is a copy of, and ``fetch_due`` that it is to be fetched from
    there. ``is_faq`` is a curated answer, which the search takes for a document.
    """

    id: str
    assistant_id: str
    owner_id: str
    filename: str
    type: DocumentType
    size: int
    sha256: str
    created_at: datetime
    status: DocumentStatus = DocumentStatus.PENDING
    progress: int = 0
    error: str | None = None
    chunks: int = 0
    title: str = ""
    language: str = ""
    pages: int | None = None
    words: int = 0
    warnings: tuple[str, ...] = ()
    stage: Stage = Stage.QUEUED
    ready_by: datetime | None = None
    source_url: str = ""
    fetch_due: bool = False
    live_version: int = 0
    replaced_by: tuple[str, ...] = ()
    replaces: bool = False
    lease: str = ""
    attempts: int = 0
    claims: int = 0
    aside: bool = False
    deleted: bool = False
    is_faq: bool = False

    def seconds_left(self, now: datetime) -> int | None:
        """Whole seconds until the work on it should be done: 0 at rest, ``None`` where that cannot be told."""
        if self.stage in {Stage.READY, Stage.FAILED}:
            return 0
        if self.ready_by is None or self.ready_by <= now:
            return None  # it waits for its turn, or takes longer than was thought
        return ceil((self.ready_by - now).total_seconds())


@dataclass(frozen=True)
class Piece:
    """One chunk as the parser cut it: its text, the headings above it, its page (from 1) if there are pages."""

    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True)
class ParsedDocument:
    """What a parser makes of a file: its title (may be empty), its pieces in order, what was odd about it."""

    title: str
    pieces: tuple[Piece, ...]
    pages: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chunk:
    """A piece in the records, under the id ``<document>:<version>:<n>`` (n from 0)."""

    id: str
    assistant_id: str
    document_id: str
    type: DocumentType
    version: int
    n: int
    text: str
    title: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    language: str = ""


@dataclass(frozen=True)
class Passage:
    """A chunk found for a query; ``score`` is from 0 to 1, higher is better, comparable within one search.

    One of a curated answer has a ``faq_id`` and no ``document_id``.
    """

    chunk_id: str
    document_id: str
    filename: str
    title: str
    heading: tuple[str, ...]
    page: int | None
    text: str
    score: float
    faq_id: str = ""


@dataclass(frozen=True)
class SearchResult:
    """Passages, best first, and whether they are evidence enough for an answer.

    ``evidence`` is how sure that is, from 0 to 1; ``searched`` is how many chunks there are to find, 0 too where
    nothing was looked for because nothing was ``asked``. ``language`` is that of most of the documents.
    """

    passages: tuple[Passage, ...] = ()
    enough: bool = False
    evidence: float = 0.0
    searched: int = 0
    asked: bool = True
    language: str = ""


def chunk_id(document_id: str, version: int, n: int) -> str:
    """``<document>:<version>:<n>``."""
    return f"{document_id}:{version}:{n}"


def version_of(chunk: str) -> int:
    """The version in a chunk's id."""
    return int(chunk.rsplit(":", 2)[1])
