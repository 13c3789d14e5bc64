"""What retrieval asks of the records, and where it looks for an assistant's vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.documents import Chunk, Document, DocumentType


@dataclass(frozen=True)
class LiveDocuments:
    """The documents of one type that an assistant answers from, at one knowledge version.

    ``version`` is the assistant's ``knowledge_version``, read *before* the documents: they are at
    least as new as it says. Each document is ``ready`` (or being re-indexed behind a live version),
    not deleted, with ``live_version`` over 0 and ``chunks`` the number of chunks of that version.
    For ``prompt`` it is only the document in force.
    """

    version: int
    documents: tuple[Document, ...]


class Knowledge(Protocol):
    """The records of what assistants know; every call is held to one assistant."""

    def live_documents(self, assistant_id: str, document_type: DocumentType) -> LiveDocuments:
        """What is live now; empty for an assistant that is gone or knows nothing."""
        ...

    def chunks_of(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Chunk]:
        """The chunks of each document's ``live_version``, in any order of documents.

        Asked for all documents when an assistant is first searched and for the few new ones after a
        change. Chunks that are gone meanwhile are left out: the caller counts them.
        """
        ...

    def chunks_by_ids(self, assistant_id: str, ids: Sequence[str]) -> list[Chunk]:
        """The chunks of this assistant with these ids, in any order; those that are gone are left out."""
        ...


def collection_name(assistant_id: str, document_type: DocumentType, embedder_name: str) -> str:
    """The vector collection of an assistant's documents of one type, as one embedder sees them."""
    digest = hashlib.sha256(embedder_name.encode()).hexdigest()[:8]
    return f"{assistant_id}-{document_type}-{digest}"


def collection_owner(name: str) -> str:
    """The assistant id in a name that ``collection_name`` made."""
    return name.partition("-")[0]
