"""What becomes of a document once it is parsed: its chunks, and what its record says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from models.documents import Chunk, Document, DocumentStatus, ParsedDocument, chunk_id
from models.text.language import detect_language

MOST_WARNINGS = 20
_WORD = re.compile(r"\w[\w'’.,:/@-]*")


def chunks_of(document: Document, parsed: ParsedDocument) -> list[Chunk]:
    """A claimed document's text, piece by piece, under a version of the claim's own."""
    title = parsed.title or PurePath(document.filename).stem
    sample = "\n".join(piece.text for piece in parsed.pieces[:20])
    language = detect_language(f"{title}\n{sample}"[:8000])
    version = version_of(document)
    return [
        Chunk(
            id=chunk_id(document.id, version, n),
            assistant_id=document.assistant_id,
            document_id=document.id,
            type=document.type,
            version=version,
            n=n,
            text=piece.text,
            title=title,
            heading=piece.heading,
            page=piece.page,
            language=language,
        )
        for n, piece in enumerate(parsed.pieces)
    ]


def as_read(document: Document, parsed: ParsedDocument, chunks: Sequence[Chunk]) -> Document:
    """The document as it is once these chunks of it (at least one) are in answers."""
    return replace(
        document,
        status=DocumentStatus.READY,
        chunks=len(chunks),
        title=chunks[0].title,
        language=chunks[0].language,
        pages=parsed.pages,
        words=sum(len(_WORD.findall(piece.text)) for piece in parsed.pieces),
        warnings=_bounded(parsed.warnings),
        live_version=version_of(document),
    )


def version_of(document: Document) -> int:
    """Under which a claimed document's chunks are written: no other claim of it ever has the same."""
    return max(document.claims, document.live_version + 1)


def _bounded(warnings: tuple[str, ...]) -> tuple[str, ...]:
    more = len(warnings) - MOST_WARNINGS
    return warnings if more <= 0 else (*warnings[:MOST_WARNINGS], f"And {more} more like these.")
