"""The file of a document: on the disk, or fetched from the page that it is a copy of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from integrations.files import FileStore, Received
from integrations.outbound import Fetched, NotFetched, Outbound
from kit.errors import TooLarge
from models.documents import Document
from repositories.documents import DocumentRepository
from services.documents.add_document import format_of
from services.documents.distinct_names import numbered
from services.documents.place_file import PlaceFile
from services.documents.report_progress import Gone

_OPENXML = "application/vnd.openxmlformats-officedocument"
FORMAT_OF_TYPE = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/csv": "csv",
    "application/json": "json",
    "application/pdf": "pdf",
    f"{_OPENXML}.wordprocessingml.document": "docx",
    f"{_OPENXML}.presentationml.presentation": "pptx",
    f"{_OPENXML}.spreadsheetml.sheet": "xlsx",
}
_UNTYPED = ("", "application/octet-stream", "binary/octet-stream")


class ObtainFile:
    """Knows where a document's bytes lie, and gives it those that lie at its ``source_url`` now."""

    def __init__(
        self,
        *,
        documents: DocumentRepository,
        files: FileStore,
        places: PlaceFile,
        outbound: Outbound,
        max_bytes: int,
    ) -> None:
        self._documents = documents
        self._files = files
        self._places = places
        self._outbound = outbound
        self._max_bytes = max_bytes

    def path(self, document: Document) -> Path:
        """Where the file is now (which need not exist)."""
        return self._files.path_of(document)

    def fetch(self, document: Document) -> Document:
        """The document with its new file in place.

        ``NotFetched`` says why there is none; ``UpstreamFailed`` and ``UpstreamTimeout`` may go by; ``Gone``
        when the document was deleted meanwhile.
        """
        with self._outbound.get(document.source_url) as page:
            file_format = _format(page, document)
            try:
                received = self._files.receive(page.stream, self._max_bytes)
            except TooLarge as problem:
                raise NotFetched(problem.sentence) from None
        try:
            return self._keep(document, file_format, received)
        except BaseException:  # whatever it is, no file is left that no record names
            self._files.discard(received)
            raise

    def _keep(self, document: Document, file_format: str, received: Received) -> Document:
        if received.size == 0:
            raise NotFetched("The page is empty.")
        with self._places.naming(document.assistant_id):
            fetched = replace(
                self._named(document, file_format),
                size=received.size,
                sha256=received.sha256,
                fetch_due=False,
            )
            self._files.place(received, fetched, aside=self._files.is_aside(document))
            if not self._documents.set_fetched(fetched):
                raise Gone
        return fetched

    def _named(self, document: Document, file_format: str) -> Document:
        """The document under a name that ends as its content is; only one without a file changes it."""
        if format_of(document.filename) == file_format:
            return document
        stem = document.filename.rpartition(".")[0]
        for name in numbered(f"{stem}.{file_format}"):
            named = replace(document, filename=name)
            if not self._documents.same_name(named):
                return named
        raise AssertionError("names are endless")


def _format(page: Fetched, document: Document) -> str:
    named = format_of(document.filename)
    found = named if page.media_type in _UNTYPED else FORMAT_OF_TYPE.get(page.media_type)
    if found is None:
        raise NotFetched(f"Pages of the type {page.media_type[:100]} are not read.")
    if found == "txt" and named in {"md", "csv", "json"}:
        return named  # servers call all of these plain text
    if found != named and document.size:
        raise NotFetched(f"The address gives a .{found} now, no longer a .{named}: add it anew.")
    return found
