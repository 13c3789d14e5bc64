"""Say how far the work on a document has come, and how long it will still take."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.clock import Clock
from models.deliveries import Event
from models.documents import Document, Stage, Step
from repositories.documents import DocumentRepository
from services.delivery.announce_event import AnnounceEvent
from services.documents.add_document import format_of
from services.documents.pace import Pace

FETCHING, PARSING, PARSED, INDEXED, DONE = 1, 2, 10, 99, 100
"""Per cent when a page is fetched, when a file is about to be read, when it was, when its chunks are written."""

WORTH_SAYING_S = 0.3
"""Of what is over sooner nobody is told that it has begun: each report is a write."""


class Gone(Exception):
    """The document was deleted, or claimed by another, while it was worked on."""


class ReportProgress:
    """Begins the reports of one document after the other, and learns from each for the next."""

    def __init__(
        self, *, documents: DocumentRepository, clock: Clock, announce: AnnounceEvent | None = None
    ) -> None:
        self._documents = documents
        self._announce = announce
        self._clock = clock
        self._pace = Pace()

    def first(self, document: Document) -> Step | None:
        """What is said of a document together with its claim; nothing where only tidying up is left."""
        if document.fetch_due or document.progress == DONE:
            return None
        seconds_left = self._pace.of_file(format_of(document.filename), document.size)
        return _step(Stage.PARSING, PARSING, self._clock(), seconds_left)

    def of(self, document: Document) -> Progress:
        """The reports of one document."""
        return Progress(document, self._documents, self._pace, self._clock)

    def failed(self, document: Document, reason: str) -> None:
        """The document cannot be read; told to the webhook too, unless its earlier content stays in answers."""
        if self._documents.set_failed(document, reason) and self._announce and not document.live_version:
            told = {"document_id": document.id, "filename": document.filename, "error": reason}
            self._announce.announce(document.assistant_id, Event.DOCUMENT_FAILED, told)


class Progress:
    """The way of one document; each report raises ``Gone`` when the document is gone or another's."""

    def __init__(self, document: Document, documents: DocumentRepository, pace: Pace, clock: Clock) -> None:
        self._document = document
        self._format = format_of(document.filename)
        self._documents = documents
        self._pace = pace
        self._clock = clock
        self._since = clock()
        self._done = 0

    def fetching(self) -> None:
        """The page is about to be fetched: how long that takes is not known."""
        self._say(Stage.FETCHING, FETCHING, 0.0)

    def parsing(self) -> None:
        """The file that was fetched is about to be read."""
        self._say(Stage.PARSING, PARSING, self._pace.of_file(self._format, self._document.size))

    def parsed(self, count: int) -> None:
        """The file was read and makes so many chunks."""
        self._pace.was_read(self._format, self._document.size, self._seconds(), count)
        self._since = self._clock()
        seconds_left = self._pace.of_chunks(count)
        if seconds_left >= WORTH_SAYING_S:
            self._say(Stage.INDEXING, PARSED, seconds_left)

    def indexed(self, done: int, count: int) -> None:
        """So many of all chunks are written."""
        self._pace.was_indexed(done - self._done, self._seconds())
        self._done = done
        if done >= count:  # the next that is said of it is that it is ready
            return
        percent = PARSED + (INDEXED - PARSED) * done // count
        self._say(Stage.INDEXING, percent, self._pace.of_chunks(count - done))

    def _say(self, stage: Stage, percent: int, seconds_left: float) -> None:
        self._since = self._clock()
        if not self._documents.set_progress(self._document, _step(stage, percent, self._since, seconds_left)):
            raise Gone

    def _seconds(self) -> float:
        return (self._clock() - self._since).total_seconds()


def _step(stage: Stage, percent: int, now: datetime, seconds_left: float) -> Step:
    return Step(stage, percent, now + timedelta(seconds=seconds_left))
