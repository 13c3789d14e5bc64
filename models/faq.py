"""Curated answers: a question and what is answered to it, searched like the documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.documents import Chunk, Document, DocumentStatus, DocumentType, Stage, chunk_id

MOST_ENTRIES = 1_000  # of one assistant
LONGEST_QUESTION = 1_000  # characters, as the next one
LONGEST_ANSWER = 2_500
FILENAME = "FAQ"


@dataclass(frozen=True)
class FaqEntry:
    """A question and its answer; ``version`` is that of its chunk that answers are made from."""

    id: str
    assistant_id: str
    question: str
    answer: str
    language: str
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def document(self) -> Document:
        """What the search takes it for: a document of one chunk."""
        return Document(
            id=self.id,
            assistant_id=self.assistant_id,
            owner_id="",
            filename=FILENAME,
            type=DocumentType.RAG,
            size=0,
            sha256="",
            created_at=self.created_at,
            status=DocumentStatus.READY,
            stage=Stage.READY,
            progress=100,
            chunks=1,
            title=self.question,
            language=self.language,
            live_version=self.version,
            is_faq=True,
        )

    @property
    def chunk(self) -> Chunk:
        """What is found: the answer, under the question as its heading."""
        return Chunk(
            id=chunk_id(self.id, self.version, 0),
            assistant_id=self.assistant_id,
            document_id=self.id,
            type=DocumentType.RAG,
            version=self.version,
            n=0,
            text=self.answer,
            title=self.question,
            heading=(self.question,),
            language=self.language,
        )
