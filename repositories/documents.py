"""Documents in the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from pymongo import ASCENDING

from models.documents import Document, DocumentStatus, DocumentType, Stage, Step
from models.jobs import JobState, OpenJob
from models.pages import Page
from repositories.base import Change, Repository
from repositories.document_records import (
    OPEN,
    OVER,
    REST_FIELDS,
    anew_fields,
    document_of,
    name_key_of,
    open_fields,
    or_missing,
    record_of,
    step_fields,
    waiting_fields,
)
from repositories.scope import Scope
from repositories.values import condition, moment


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
        self._insert(Scope(assistant_id=document.assistant_id), record_of(document))

    def get(self, scope: Scope, document_id: str) -> Document | None:
        """The document of this id within the scope, unless it is deleted."""
        record = self._get(scope, document_id, when={"deleted": False})
        return document_of(record) if record else None

    def get_any(self, document_id: str) -> Document | None:
        """The document of this id, deleted or not, whoever's; for background work alone."""
        record = self._by_key("_id", document_id)
        return document_of(record) if record else None

    def page(self, scope: Scope, limit: int, cursor: str = "") -> Page[Document]:
        """Documents within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor, match={"deleted": False}).map(document_of)

    def count(self, scope: Scope) -> int:
        """How many documents lie within the scope."""
        return self._count(scope, match={"deleted": False})

    def of_assistant(self, assistant_id: str, document_type: DocumentType | None = None) -> list[Document]:
        """Every document of an assistant that is not deleted, oldest first."""
        match: dict[str, Any] = {"deleted": False}
        if document_type is not None:
            match["type"] = document_type
        return [document_of(record) for record in self._each(Scope(assistant_id=assistant_id), match=match)]

    def all_of(self, assistant_id: str) -> list[Document]:
        """Every document of an assistant, deleted ones too, oldest first."""
        return [document_of(record) for record in self._each(Scope(assistant_id=assistant_id))]

    def same_name(self, document: Document) -> list[Document]:
        """The documents under a document's name (itself left out) that are not deleted, oldest first."""
        found = self._sweep("name_key", name_key_of(document), match={"deleted": False})
        return [document_of(record) for record in found if record["_id"] != document.id]

    def by_ids(self, assistant_id: str, ids: list[str]) -> list[Document]:
        """The documents of these ids that are not deleted."""
        found = self._by_ids(Scope(assistant_id=assistant_id), ids, match={"deleted": False})
        return [document_of(record) for record in found]

    def with_work(self) -> list[Document]:
        """Every document of the installation that something is still to be done with, oldest first."""
        return [document_of(record) for record in self._sweep("work", OPEN)]

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
            document = document_of(record)
            if document.created_at < before:
                self._change_record(document, {"$set": open_fields(document)}, {"queue": ""})

    def each(self) -> Iterator[Document]:
        """Every document of the installation, deleted ones too; for the doctor alone."""
        return map(document_of, self._each(Scope(whole=True)))

    def show(self, document: Document) -> bool:
        """Make a document that was added as deleted visible; ``False`` when it is gone."""
        change = {"$set": {"deleted": False, **open_fields(document)}}
        return self._change_record(document, change, {"deleted": True})

    def claim(self, document: Document, lease: str, step: Step | None = None) -> Document | None:
        """Take the work on a document, unless another has since it was looked at: the document as it is then.

        A ``lease`` is given once. Whoever had the work before is out: what is written of it counts no more. The first
        ``step`` is said in the same write.
        """
        taken = replace(document, lease=lease, attempts=document.attempts + 1, claims=document.claims + 1)
        said: dict[str, Any] = {"lease": lease}
        if step is not None:
            said |= step_fields(document, step)
            taken = replace(taken, stage=step.stage, progress=step.progress, ready_by=step.ready_by)
            taken = replace(taken, status=said.get("status", document.status))
        # Nobody had it meanwhile, even for a moment: the claim's number is the next.
        seen = {"claims": or_missing(document.claims), "progress": or_missing(document.progress)}
        when = {"deleted": False, "work": OPEN, "lease": document.lease, **seen}
        change: Change = {"$set": said, "$inc": {"attempts": 1, "claims": 1}}
        return taken if self._change_record(document, change, when) else None

    def give_back(self, document: Document, error: str, *, counts: bool) -> None:
        """End a claim that came to nothing, and say why; unless it ``counts``, through no fault of the document's."""
        waits = {**waiting_fields(document), "lease": "", "error": error}
        change: dict[str, dict[str, Any]] = {"$set": waits}
        if not counts:
            change["$inc"] = {"attempts": -1}
        ours = {"deleted": False, "lease": document.lease}
        if not self._change_record(document, change, {**ours, "progress": {"$ne": 100}}):
            self._change_record(document, {"$set": {"lease": ""}}, ours)  # it is in answers already

    def ask_for_fetch(self, document: Document) -> bool:
        """Have a document at rest fetched and read anew; ``False`` when something is being done with it."""
        change = {**anew_fields(document), "fetch_due": True}
        when = {"deleted": False, "progress": 100, "live_version": document.live_version}
        return self._change_record(document, {"$set": change}, when)

    def set_fetched(self, document: Document) -> bool:
        """Note what was fetched, under its name; ``False`` when the document is gone or another's meanwhile."""
        change = {
            "filename": document.filename,
            "name_key": name_key_of(document),
            "size": document.size,
            "sha256": document.sha256,
            "fetch_due": False,
        }
        return self._change_ours(document, change)

    def set_progress(self, document: Document, step: Step) -> bool:
        """Say how far the work has come; ``False`` when the document is gone or another's meanwhile."""
        return self._change_ours(document, step_fields(document, step))

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
            **REST_FIELDS,
            "progress": 100,
        }
        return self._change_ours(document, change)

    def reopen(self, document: Document) -> bool:
        """Have a document read anew; ``False`` when it was deleted, or read, since it was looked at."""
        when = {"deleted": False, "live_version": document.live_version}
        return self._change_record(document, {"$set": anew_fields(document)}, when)

    def retry(self, document: Document) -> bool:
        """Have a document that failed read anew; ``False`` when it is no longer as it was looked at."""
        when = {"deleted": False, "work": OVER, "status": document.status, "error": document.error}
        return self._change_record(document, {"$set": anew_fields(document)}, when)

    def end_work(self, assistant_id: str, *documents: str) -> int:
        """Say that nothing is left to do with these; of how many, as one may be deleted, or asked for anew."""
        change = {"$set": {**REST_FIELDS, "lease": ""}}
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
        change = {"$set": {"deleted": True, **open_fields(document)}}
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
