"""Bring an uploaded document into answers."""

from __future__ import annotations

import itertools
import threading
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime

from integrations.outbound import NotFetched
from integrations.parsing.base import Parser, Unreadable
from kit.errors import AppError, StorageFull, Unavailable
from kit.logging import get_logger
from kit.together import Together
from models.documents import (
    Document,
    DocumentStatus,
    DocumentType,
    ParsedDocument,
)
from models.model_errors import ModelTimedOut, ModelUnavailable
from repositories.assistants import AssistantRepository
from repositories.documents import DocumentRepository
from services.assistants.delete_assistant import DeleteAssistant
from services.documents import changes
from services.documents.add_document import format_of
from services.documents.chunks_of import as_read, chunks_of, version_of
from services.documents.obtain_file import ObtainFile
from services.documents.place_file import PlaceFile
from services.documents.purge_document import PurgeDocument
from services.documents.report_progress import Gone, Progress, ReportProgress
from services.documents.write_chunks import WriteChunks

# Counted at each claim, so that a document that ends the process, too, is given up some day. What fails
# for want of a server or of room on the disk does not count.
MOST_ATTEMPTS = 12
NO_FILE = "The file is not on the disk any more; upload it again."
NO_TEXT = "There is no text in the file."
GIVEN_UP = "The document could not be indexed in several tries: try it again later, or upload it anew."
# So many are worked on at once of documents whose text may take much memory, and of all while turns are at work,
# however many threads there are.
LARGE, FEW_AT_ONCE = 1 << 20, 4
_log = get_logger("documents")


class IndexDocument:
    """Parses a document, writes its chunks, then their vectors, then puts them into answers in one write.

    Every step can run again after a crash. New chunks lie beside the ones in answers (under a version of this
    claim's own) until the write that swaps them; what the swap makes obsolete goes after it. Who was thought
    gone and comes back finds the lease another's, takes back what it wrote and leaves the document alone.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        documents: DocumentRepository,
        obtain_file: ObtainFile,
        parser: Parser,
        write_chunks: WriteChunks,
        places: PlaceFile,
        purge: PurgeDocument,
        delete_assistant: DeleteAssistant,
        progress: ReportProgress,
        lease: str,
    ) -> None:
        self._assistants = assistants
        self._documents = documents
        self._obtain_file = obtain_file
        self._parser = parser
        self._write_chunks = write_chunks
        self._places = places
        self._purge = purge
        self._delete_assistant = delete_assistant
        self._progress = progress
        self._lease = lease
        self._claims = itertools.count(1)
        self._few = threading.Semaphore(FEW_AT_ONCE)
        # Several threads come to the end of a document at once: they have written their vectors in one call.
        self._begin: Together[str] = Together(lambda one, names: assistants.begin_change(one, *names))
        self._end: Together[str] = Together(lambda one, names: assistants.end_change(one, *names))
        self._over: Together[str] = Together(lambda one, ids: documents.end_work(one, *ids))

    def with_work(self) -> list[Document]:
        """Every document that something is still to be done with, oldest first."""
        return self._documents.with_work()

    def queued(self, above: str, below: str, limit: int) -> list[str]:
        """At most so many keys ``<owner>:<assistant>:<document>`` of such documents, between two and in order."""
        return self._documents.queued(above, below, limit)

    def queue_left_over(self, before: datetime) -> None:
        """Have removed what an upload before then left that did not come to its end."""
        self._documents.queue_left_over(before)

    def look(self, document_id: str) -> Document | None:
        """The document as it is now, ``None`` when it is gone."""
        document = self._documents.get_any(document_id)
        return None if document is None or document.deleted else document

    def index(self, document_id: str, seen: Document | None = None) -> None:
        """Do whatever is still to be done for this document; ``Unavailable`` when it must be tried later.

        ``seen`` is the document as it was when the work was asked for: mostly nobody has touched it since.
        """
        if seen is not None and not seen.deleted and self._claim_and_work(seen):
            return
        document = self._documents.get_any(document_id)
        if document is None:
            return
        if document.deleted:
            for change in (changes.ready(document_id), changes.gone(document_id)):
                self._assistants.end_change(document.assistant_id, change)
            self._purge.purge_after_work(document)
            return
        self._claim_and_work(document)

    def _claim_and_work(self, document: Document) -> bool:
        """Whether the document still was as it is here, and nobody's."""
        is_large = document.size >= LARGE or document.fetch_due
        with self._few if is_large or self._write_chunks.beside_turns else nullcontext():
            lease = f"{self._lease}-{next(self._claims)}"
            claimed = self._documents.claim(document, lease, self._progress.first(document))
            if claimed is not None:
                self._work_and_give_back(claimed)
        return claimed is not None

    def _work_and_give_back(self, claimed: Document) -> None:
        try:
            self._work_on(claimed)
        except AppError as problem:
            is_ours = isinstance(problem, Unavailable | StorageFull | ModelUnavailable | ModelTimedOut)
            with suppress(Unavailable):
                self._documents.give_back(claimed, problem.sentence, counts=not is_ours)
            raise

    def _work_on(self, document: Document) -> None:
        if _is_done(document):
            self._tidy(document)
        elif document.attempts > MOST_ATTEMPTS:
            self._purge.purge_versions(document, below=version_of(document))
            self._fail(document, f"{GIVEN_UP} {document.error or ''}".strip())
        else:
            self._index(document)

    def _index(self, document: Document) -> None:
        self._write_chunks.check()  # while they are down, nothing is read in vain
        try:
            ready = self._ready(document, self._progress.of(document))
        except (Unreadable, NotFetched) as problem:
            _log.info("document unreadable", document_id=document.id, assistant_id=document.assistant_id)
            self._fail(document, problem.sentence)
        except FileNotFoundError:
            self._fail(document, NO_FILE)
        except Gone:
            self._take_back(document)
        else:
            self._tidy(ready)

    def _ready(self, document: Document, progress: Progress) -> Document:
        if document.fetch_due:
            progress.fetching()
            document = self._obtain_file.fetch(document)
            progress = self._progress.of(document)
            progress.parsing()
        self._write_chunks.stand_back()
        parsed = self._parsed(document)
        if not parsed.pieces:
            raise Unreadable(NO_TEXT)
        progress.parsed(len(parsed.pieces))
        # What interrupted tries left goes first.
        self._purge.purge_versions(document, below=version_of(document))
        self._write_chunks.stand_back()
        chunks = chunks_of(document, parsed)
        self._write_chunks.write(document, chunks, progress)
        ready = as_read(document, parsed, chunks)
        self._begin.do(document.assistant_id, changes.ready(document.id))
        if not self._documents.set_ready(ready):
            raise Gone
        return ready

    def _fail(self, document: Document, reason: str) -> None:
        self._progress.failed(document, reason)
        # Nothing has changed, unless an earlier try was interrupted after saying that something will.
        self._assistants.end_change(document.assistant_id, changes.ready(document.id))
        current = self._documents.get_any(document.id)
        if current is not None and current.deleted:  # its deletion left the record to whoever worked on it
            self._purge.purge_after_work(current)

    def _parsed(self, document: Document) -> ParsedDocument:
        file_format = format_of(document.filename)
        try:
            return self._parser.parse(self._obtain_file.path(document), file_format)
        except FileNotFoundError:  # moved, perhaps, to its name's place or aside since it was looked for
            return self._parser.parse(self._obtain_file.path(document), file_format)

    def _tidy(self, document: Document) -> None:
        """After the swap: say that what is known changed, then remove what the swap made obsolete."""
        self._end.do(document.assistant_id, changes.ready(document.id))
        self._purge.purge_versions(document, below=document.live_version)
        for older in self._documents.same_name(document) if document.replaces else ():
            if document.id in older.replaced_by:
                self._documents.mark_deleted(older)
                self._purge.purge(older)
        if document.type is DocumentType.RAG:
            self._places.take(document)
        self._over.do(document.assistant_id, document.id)

    def _take_back(self, document: Document) -> None:
        """Remove what was written since the document, or its whole assistant, was deleted or claimed by another."""
        if self._assistants.by_id(document.assistant_id) is None:
            self._delete_assistant.finish(document.assistant_id)
            return
        current = self._documents.get_any(document.id)
        if current is not None and not current.deleted:  # whether a change is under way is the other's to say
            self._purge.purge_version(document, version_of(document))
        else:
            self._assistants.end_change(document.assistant_id, changes.ready(document.id))
            self._purge.purge_after_work(current if current is not None else replace(document, deleted=True))


def _is_done(document: Document) -> bool:
    """Whether only tidying up is left: the swap was written, and nobody asked for another one since."""
    return document.status is DocumentStatus.READY and document.progress == 100
