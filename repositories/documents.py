"""Documents in the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from pymongo import ASCENDING

from kit.clock import utc_now
from models.documents import Document, DocumentStatus, DocumentType, Stage, Step
from models.jobs import JobState, OpenJob
from models.pages import Page
from repositories.base import Change, Repository
from repositories.scope import Scope
from repositories.values import Record, choice, condition, maybe_moment, moment

# On a document that something is still to be done with: the few that a start or a sweep looks at.
OPEN, OVER = "open", "over"
_AT_REST = {"work": OVER, "queue": ""}
# The stage of a record that was written before there were stages.
_STAGES = {
    DocumentStatus.PENDING: Stage.QUEUED,
    DocumentStatus.PROCESSING: Stage.INDEXING,
    DocumentStatus.READY: Stage.READY,
    DocumentStatus.FAILED: Stage.FAILED,
}


class DocumentRepository(Repository):
    """One record a document; a deleted one stays, unseen, until all that belongs to it is gone."""

    collection: ClassVar[str] = "documents"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }

    def add(self, document: Document) -> None:
        """Keep a new document."""
        self._insert(Scope(assistant_id=document.assistant_id), _record(document))

    def get(self, scope: Scope, document_id: str) -> Document | None:
        """The document of this id within the scope, unless it is deleted."""
        record = self._get(scope, document_id, when={"deleted": False})
        return _document(record) if record else None

    def get_any(self, document_id: str) -> Document | None:
        """The document of this id, deleted or not, whoever's; for background work alone."""
        record = self._by_key("_id", document_id)
        return _document(record) if record else None

    def page(self, scope: Scope, limit: int, cursor: str = "") -> Page[Document]:
        """Documents within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor, match={"deleted": False}).map(_document)

    def count(self, scope: Scope) -> int:
        """How many documents lie within the scope."""
        return self._count(scope, match={"deleted": False})

    def of_assistant(self, assistant_id: str, document_type: DocumentType | None = None) -> list[Document]:
        """Every document of an assistant that is not deleted, oldest first."""
        match: dict[str, Any] = {"deleted": False}
        if document_type is not None:
            match["type"] = document_type
        return [_document(record) for record in self._each(Scope(assistant_id=assistant_id), match=match)]

    def all_of(self, assistant_id: str) -> list[Document]:
        """Every document of an assistant, deleted ones too, oldest first."""
        return [_document(record) for record in self._each(Scope(assistant_id=assistant_id))]

    def same_name(self, document: Document) -> list[Document]:
        """The documents under a document's name (itself left out) that are not deleted, oldest first."""
        found = self._sweep("name_key", _name_key(document), match={"deleted": False})
        return [_document(record) for record in found if record["_id"] != document.id]

    def by_ids(self, assistant_id: str, ids: list[str]) -> list[Document]:
        """The documents of these ids that are not deleted."""
        found = self._by_ids(Scope(assistant_id=assistant_id), ids, match={"deleted": False})
        return [_document(record) for record in found]

    def with_work(self) -> list[Document]:
        """Every document of the installation that something is still to be done with, oldest first."""
        return [_document(record) for record in self._sweep("work", OPEN)]

    def queued(self, above: str, below: str, limit: int) -> list[str]:
        """Keys ``<owner>:<assistant>:<document>`` between two, in their order, of documents ``with_work``."""
        between = {"queue": condition({"$gt": above, "$lt": below})}
        return [record["queue"] for record in self._found(between, ("queue", ASCENDING), limit, ("queue",))]

    def open_work(self, limit: int) -> list[OpenJob]:
        """The work on the installation's documents that is not done, without what is not shown yet."""
        found = self._some("work", OPEN, limit, ("queue", "lease", "queued_at", "createdAt"))
        return [
            OpenJob(
                JobState.RUNNING if record.get("lease") else JobState.WAITING,
                moment(record.get("queued_at") or record["createdAt"]),
            )
            for record in found
            if record.get("queue")
        ]

    def queue_left_over(self, before: datetime) -> None:
        """Queue what was added before then and never shown: a process that died left it."""
        for record in self._sweep("work", OPEN, match={"queue": ""}):
            document = _document(record)
            if document.created_at < before:
                self._change_record(document, {"$set": _with_work(document)}, {"queue": ""})

    def each(self) -> Iterator[Document]:
        """Every document of the installation, deleted ones too; for the doctor alone."""
        return map(_document, self._each(Scope(whole=True)))

    def show(self, document: Document) -> bool:
        """Make a document that was added as deleted visible; ``False`` when it is gone."""
        change = {"$set": {"deleted": False, **_with_work(document)}}
        return self._change_record(document, change, {"deleted": True})

    def claim(self, document: Document, lease: str, step: Step | None = None) -> Document | None:
        """Take the work on a document, unless another has since it was looked at: the document as it is then.

        A ``lease`` is given once. Whoever had the work before is out: what is written of it counts no more. The first
        ``step`` is said in the same write.
        """
        taken = replace(document, lease=lease, attempts=document.attempts + 1, claims=document.claims + 1)
        said: dict[str, Any] = {"lease": lease}
        if step is not None:
            said |= _said(document, step)
            taken = replace(taken, stage=step.stage, progress=step.progress, ready_by=step.ready_by)
            taken = replace(taken, status=said.get("status", document.status))
        # Nobody had it meanwhile, even for a moment: the claim's number is the next.
        seen = {"claims": _or_missing(document.claims), "progress": _or_missing(document.progress)}
        when = {"deleted": False, "work": OPEN, "lease": document.lease, **seen}
        change: Change = {"$set": said, "$inc": {"attempts": 1, "claims": 1}}
        return taken if self._change_record(document, change, when) else None

    def give_back(self, document: Document, error: str, *, counts: bool) -> None:
        """End a claim that came to nothing, and say why; unless it ``counts``, through no fault of the document's."""
        waits = {**_waiting(document), "lease": "", "error": error}
        change: dict[str, dict[str, Any]] = {"$set": waits}
        if not counts:
            change["$inc"] = {"attempts": -1}
        ours = {"deleted": False, "lease": document.lease}
        if not self._change_record(document, change, {**ours, "progress": {"$ne": 100}}):
            self._change_record(document, {"$set": {"lease": ""}}, ours)  # it is in answers already

    def ask_for_fetch(self, document: Document) -> bool:
        """Have a document at rest fetched and read anew; ``False`` when something is being done with it."""
        change = {**_anew(document), "fetch_due": True}
        when = {"deleted": False, "progress": 100, "live_version": document.live_version}
        return self._change_record(document, {"$set": change}, when)

    def set_fetched(self, document: Document) -> bool:
        """Note what was fetched, under its name; ``False`` when the document is gone or another's meanwhile."""
        change = {
            "filename": document.filename,
            "name_key": _name_key(document),
            "size": document.size,
            "sha256": document.sha256,
            "fetch_due": False,
        }
        return self._change_ours(document, change)

    def set_progress(self, document: Document, step: Step) -> bool:
        """Say how far the work has come; ``False`` when the document is gone or another's meanwhile."""
        return self._change_ours(document, _said(document, step))

    def set_ready(self, document: Document) -> bool:
        """Put a document's new chunks into answers, in one write; ``False`` when it is gone or another's."""
        change = {
            "status": DocumentStatus.READY,
            "progress": 100,
            "error": None,
            "lease": "",
            "attempts": 0,
            "chunks": document.chunks,
            "title": document.title,
            "language": document.language,
            "pages": document.pages,
            "words": document.words,
            "warnings": document.warnings,
            "stage": Stage.READY,
            "ready_by": None,
            "live_version": document.live_version,
        }
        return self._change_ours(document, change)

    def set_failed(self, document: Document, error: str) -> bool:
        """Say why a document cannot be read. One that is in answers already stays there."""
        in_answers = bool(document.live_version)
        change = {
            "status": DocumentStatus.READY if in_answers else DocumentStatus.FAILED,
            "stage": Stage.READY if in_answers else Stage.FAILED,
            "ready_by": None,
            "error": error,
            "lease": "",
            **_AT_REST,
            "progress": 100,
        }
        return self._change_ours(document, change)

    def reopen(self, document: Document) -> bool:
        """Have a document read anew; ``False`` when it was deleted, or read, since it was looked at."""
        when = {"deleted": False, "live_version": document.live_version}
        return self._change_record(document, {"$set": _anew(document)}, when)

    def retry(self, document: Document) -> bool:
        """Have a document that failed read anew; ``False`` when it is no longer as it was looked at."""
        when = {"deleted": False, "work": OVER, "status": document.status, "error": document.error}
        return self._change_record(document, {"$set": _anew(document)}, when)

    def end_work(self, assistant_id: str, *documents: str) -> int:
        """Say that nothing is left to do with these; of how many, as one may be deleted, or asked for anew."""
        change = {"$set": {**_AT_REST, "lease": ""}}
        match = {"deleted": False, "progress": 100}
        return self._update_these(Scope(assistant_id=assistant_id), documents, change, match=match)

    def replaced_by(self, document: Document, newer_id: str) -> None:
        """Note a later upload of the same name: the document leaves when that one is ready."""
        self._change_record(document, {"$addToSet": {"replaced_by": newer_id}}, {})

    def set_aside(self, document: Document, *, aside: bool) -> None:
        """Note where a document's file lies."""
        self._change_record(document, {"$set": {"aside": aside}}, {})

    def mark_deleted(self, document: Document) -> bool:
        """Make a document invisible at once; whether it was visible. Whoever works on it keeps the lease."""
        change = {"$set": {"deleted": True, **_with_work(document)}}
        return self._change_record(document, change, {"deleted": False})

    def forget(self, document: Document) -> None:
        """Remove the record, last of all."""
        self._delete(Scope(assistant_id=document.assistant_id), document.id)

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        for document in self.of_assistant(assistant_id):
            self._change_record(document, {"$set": {"owner_id": owner_id}}, {})

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every record of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def _change_ours(self, document: Document, change: Mapping[str, Any]) -> bool:
        """Change it while it is worked on under the document's lease."""
        return self._change_record(document, {"$set": change}, {"deleted": False, "lease": document.lease})

    def _change_record(self, document: Document, change: Change, when: Mapping[str, Any]) -> bool:
        return self._update(Scope(assistant_id=document.assistant_id), document.id, change, when=when)


def _or_missing(number: int) -> Any:
    """The condition that a field has this number; 0 stands for what an older version did not write, too."""
    return number or {"$in": [0, None]}


def _said(document: Document, step: Step) -> dict[str, Any]:
    said: dict[str, Any] = {"stage": step.stage, "progress": step.progress, "ready_by": step.ready_by}
    if document.status is not DocumentStatus.READY:
        said["status"] = DocumentStatus.PROCESSING
    return said


def _anew(document: Document) -> dict[str, Any]:
    return {**_with_work(document), **_waiting(document), "lease": "", "error": None, "attempts": 0}


def _waiting(document: Document) -> dict[str, Any]:
    status = DocumentStatus.READY if document.live_version else DocumentStatus.PENDING
    return {"status": status, "stage": Stage.QUEUED, "ready_by": None, "progress": 0}


def _with_work(document: Document) -> dict[str, Any]:
    # An owner that is not known has a turn as well.
    queue = f"{document.owner_id or '0'}:{document.assistant_id}:{document.id}"
    return {"work": OPEN, "queue": queue, "queued_at": utc_now()}


def _name_key(document: Document) -> str:
    return f"{document.assistant_id}:{document.type}:{document.filename}"


def _record(document: Document) -> Record:
    return {
        "_id": document.id,
        "assistant_id": document.assistant_id,
        "owner_id": document.owner_id,
        "filename": document.filename,
        "name_key": _name_key(document),
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
        **_with_work(document),
        # One that is added as deleted waits for nothing before it is shown.
        **({"queue": ""} if document.deleted else {}),
        "createdAt": document.created_at,
    }


def _document(record: Record) -> Document:
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
