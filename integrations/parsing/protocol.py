"""What the server and its reading process say to each other: JSON in frames of a length and so many bytes."""

from __future__ import annotations

import json
import os
import select
import time
from dataclasses import asdict, dataclass
from typing import Any

from integrations.parsing.blocks import Bounds
from models.documents import ParsedDocument, Piece

Message = dict[str, Any]

_LENGTH = 4
_MOST_BYTES = 1 << 29
_BLOCK = 1 << 20


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """The other side has not answered in time."""


@dataclass(frozen=True)
class WorkerSettings:
    """What a reading process is started with; ``parent`` is the process id that it must not outlive."""

    parent: int
    max_seconds: float
    max_memory_mb: int
    idle_seconds: float
    bounds: Bounds

    def to_json(self) -> str:
        """As one argument of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerSettings:
        """The settings that ``to_json`` wrote."""
        values = json.loads(text)
        return cls(**{**values, "bounds": Bounds(**values["bounds"])})


def send(descriptor: int, message: Message) -> None:
    """Write one frame; ``Closed`` when nobody reads."""
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    rest = memoryview(len(body).to_bytes(_LENGTH, "big") + body)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError:
        raise Closed from None


def receive(descriptor: int, seconds: float | None = None) -> Message:
    """Read one frame; ``Closed`` when nobody writes any more, ``Late`` after ``seconds`` (``None``: never)."""
    until = None if seconds is None else time.monotonic() + seconds
    length = int.from_bytes(_exactly(descriptor, _LENGTH, until), "big")
    if length > _MOST_BYTES:
        raise Closed  # nothing that we write: the other side has lost its senses
    message: Message = json.loads(_exactly(descriptor, length, until).decode("utf-8", "surrogatepass"))
    return message


def _exactly(descriptor: int, count: int, until: float | None) -> bytes:
    found = bytearray()
    while len(found) < count:
        _await(descriptor, until)
        block = os.read(descriptor, min(_BLOCK, count - len(found)))
        if not block:
            raise Closed
        found += block
    return bytes(found)


def _await(descriptor: int, until: float | None) -> None:
    if until is None:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        raise Late


def document_to_message(document: ParsedDocument) -> Message:
    """A parsed document as a message."""
    pieces = [(piece.text, piece.heading, piece.page) for piece in document.pieces]
    return {"title": document.title, "pages": document.pages, "warnings": document.warnings, "pieces": pieces}


def document_from_message(message: Message) -> ParsedDocument:
    """The parsed document that ``document_to_message`` wrote."""
    pieces = tuple(Piece(text, tuple(heading), page) for text, heading, page in message["pieces"])
    return ParsedDocument(message["title"], pieces, message["pages"], tuple(message["warnings"]))
