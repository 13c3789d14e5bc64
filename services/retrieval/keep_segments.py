"""Segments as bytes, and kept in files from one start to the next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from integrations.index_files import IndexFiles
from models.documents import DocumentType
from services.retrieval.segment import Segment, SegmentDocument
from services.retrieval.vocabulary import Vocabulary

# Changes whenever the same chunks would make another segment, or a segment other bytes.
FORMAT = 1
_ALIGNED = 8
_ARRAYS = (
    "numbers",
    "ends",
    "places",
    "counts",
    "sizes",
    "gram_keys",
    "gram_ends",
    "gram_words",
    "gram_sizes",
)


class KeepSegments:
    """An assistant's segments on disk. A chunk never changes under its id: they are right as far as they are live."""

    def __init__(self, files: IndexFiles) -> None:
        self._files = files

    def load(self, assistant_id: str, document_type: DocumentType) -> tuple[Segment, ...]:
        """The segments that were saved last; none when there are none that this version can read."""
        content = self._files.read(assistant_id, document_type)
        return decode(content) if content is not None else ()

    def has(self, assistant_id: str, document_type: DocumentType) -> bool:
        """Whether any are saved."""
        return self._files.has(assistant_id, document_type)

    def save(self, assistant_id: str, document_type: DocumentType, segments: Sequence[Segment]) -> None:
        """Keep these in the place of what was saved before."""
        self._files.write(assistant_id, document_type, encode(segments))

    def drop(self, assistant_id: str) -> None:
        """Keep nothing of an assistant."""
        self._files.drop(assistant_id)


def encode(segments: Sequence[Segment]) -> bytes:
    """The segments as bytes: a head that says what follows, then every array."""
    head: list[dict[str, Any]] = []
    arrays: list[Any] = []
    for segment in segments:
        block, *parts = segment.vocabulary.parts()
        held = [np.frombuffer(block, dtype=np.uint8), *parts, *(getattr(segment, one) for one in _ARRAYS)]
        documents = [astuple(document) for document in segment.documents]
        head.append({"documents": documents, "arrays": [(one.dtype.str, len(one)) for one in held]})
        arrays += held
    said = json.dumps({"format": FORMAT, "segments": head}).encode()
    packed: list[bytes] = [_padded(one.tobytes()) for one in arrays]
    return b"".join([len(said).to_bytes(_ALIGNED, "little"), _padded(said), *packed])


def decode(content: bytes) -> tuple[Segment, ...]:
    """The segments that ``encode`` was given; none of another format."""
    size = int.from_bytes(content[:_ALIGNED], "little")
    said = json.loads(content[_ALIGNED : _ALIGNED + size])
    if said["format"] != FORMAT:
        return ()
    at = _ALIGNED + _room(size)
    segments = []
    for one in said["segments"]:
        arrays: list[Any] = []
        for kind, length in one["arrays"]:
            dtype = np.dtype(kind)
            arrays.append(np.frombuffer(content, dtype, length, at))
            at += _room(length * dtype.itemsize)
        block, ends, sizes, letters, *rest = arrays
        documents = tuple(SegmentDocument(*document) for document in one["documents"])
        vocabulary = Vocabulary.of_parts(block.tobytes(), ends, sizes, letters)
        segments.append(
            Segment(documents=documents, vocabulary=vocabulary, **dict(zip(_ARRAYS, rest, strict=True)))
        )
    return tuple(segments)


def _room(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _padded(content: bytes) -> bytes:
    return content.ljust(_room(len(content)), b"\0")
