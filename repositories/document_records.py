"""What stands in a document's record."""

from __future__ import annotations

from typing import Any

from kit.clock import utc_now
from models.documents import Document, DocumentStatus, DocumentType, Stage, Step
from repositories.values import Record, choice, maybe_moment, moment

# On a document that something is still to be done with: the few that a start or a sweep looks at.
OPEN, OVER = "open", "over"
REST_FIELDS = {"work": OVER, "queue": ""}
# The stage of a record that was written before there were stages.
_STAGES = {
    DocumentStatus.PENDING: Stage.QUEUED,
    DocumentStatus.PROCESSING: Stage.INDEXING,
    DocumentStatus.READY: Stage.READY,
    DocumentStatus.FAILED: Stage.FAILED,
}


def or_missing(number: int) -> Any:
    """The condition that a field has this number; 0 stands for what an older version did not write, too."""
    return number or {"$in": [0, None]}


def step_fields(document: Document, step: Step) -> dict[str, Any]:
    """What is written of a step of the work."""
    said: dict[str, Any] = {"stage": step.stage, "progress": step.progress, "ready_by": step.ready_by}
    if document.status is not DocumentStatus.READY:
        said["status"] = DocumentStatus.PROCESSING
    return said


def anew_fields(document: Document) -> dict[str, Any]:
    """What is written when a document is to be read anew, with no try behind it."""
    return {**open_fields(document), **waiting_fields(document), "lease": "", "error": None, "attempts": 0}


def waiting_fields(document: Document) -> dict[str, Any]:
    """What is written of a document that waits; one that is in answers stays there."""
    status = DocumentStatus.READY if document.live_version else DocumentStatus.PENDING
    return {"status": status, "stage": Stage.QUEUED, "ready_by": None, "progress": 0}


def open_fields(document: Document) -> dict[str, Any]:
    """What is written on a document with which something is to be done: it is queued from now on."""
    # An owner that is not known has a turn as well.
    queue = f"{document.owner_id or '0'}:{document.assistant_id}:{document.id}"
    return {"work": OPEN, "queue": queue, "queued_at": utc_now()}


def name_key_of(document: Document) -> str:
    """What the documents of one name, type and assistant have in common."""
    return f"{document.assistant_id}:{document.type}:{document.filename}"


def record_of(document: Document) -> Record:
    """The record of a new document."""
    return {
        "_id": document.id,
        "assistant_id": document.assistant_id,
        "owner_id": document.owner_id,
        "filename": document.filename,
        "name_key": name_key_of(document),
        "type": document.type,
        "size": document.size,
        "sha256": document.sha256,
        "status": document.status,
        "progress": document.progress,
        "error": document.error,
        "chunks": document.chunks,
        "title": document.title,
        "language": document.language,
        "pages": document.pages,
        "words": document.words,
        "warnings": document.warnings,
        "stage": document.stage,
        "ready_by": document.ready_by,
        "source_url": document.source_url,
        "fetch_due": document.fetch_due,
        "live_version": document.live_version,
        "replaced_by": document.replaced_by,
        "replaces": document.replaces,
        "lease": document.lease,
        "attempts": document.attempts,
        "claims": document.claims,
        "aside": document.aside,
        "deleted": document.deleted,
        **open_fields(document),
        # One that is added as deleted waits for nothing before it is shown.
        **({"queue": ""} if document.deleted else {}),
        "createdAt": document.created_at,
    }


def document_of(record: Record) -> Document:
    """The document of a record, of an older version too."""
    status = choice(record["status"], DocumentStatus.PENDING)
    return Document(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        owner_id=record.get("owner_id", ""),
        filename=record["filename"],
        type=choice(record["type"], DocumentType.RAG),
        size=int(record["size"]),
        sha256=record["sha256"],
        created_at=moment(record["createdAt"]),
        status=status,
        progress=int(record.get("progress", 0)),
        error=record.get("error"),
        chunks=int(record.get("chunks", 0)),
        title=record.get("title", ""),
        language=record.get("language", ""),
        pages=record.get("pages"),
        words=int(record.get("words", 0)),
        warnings=tuple(record.get("warnings", ())),
        stage=choice(record.get("stage", _STAGES[status]), Stage.QUEUED),
        source_url=record.get("source_url", ""),
        fetch_due=bool(record.get("fetch_due", False)),
        ready_by=maybe_moment(record.get("ready_by")),
        live_version=int(record.get("live_version", 0)),
        replaced_by=tuple(record.get("replaced_by", ())),
        replaces=bool(record.get("replaces", True)),  # of an older version: nobody knows
        lease=record.get("lease", ""),
        attempts=int(record.get("attempts", 0)),
        claims=int(record.get("claims", 0)),
        aside=bool(record.get("aside", False)),
        deleted=bool(record.get("deleted", False)),
    )
