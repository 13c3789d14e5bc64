"""Take a page of the web in, or the pages that a sitemap lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote, urlsplit

from integrations.files import safe_filename
from integrations.outbound import NotFetched, Outbound
from integrations.parsing.base import FORMATS
from integrations.sitemap import MOST_PAGES, read_sitemap
from kit.clock import Clock
from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_id
from models.assistants import Assistant
from models.documents import Document, DocumentType
from repositories.assistants import AssistantRepository
from repositories.documents import DocumentRepository
from services.assistants.delete_assistant import DeleteAssistant
from services.documents.add_document import format_of
from services.documents.add_several import Added, Refused
from services.documents.distinct_names import numbered
from services.documents.place_file import PlaceFile

_NAME_CHARACTERS = 120


class AddUrl:
    """Keeps a document for each page; it is fetched when its turn comes."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        delete_assistant: DeleteAssistant,
        documents: DocumentRepository,
        places: PlaceFile,
        outbound: Outbound,
        clock: Clock,
        index_soon: Callable[[Document], None],
    ) -> None:
        self._assistants = assistants
        self._delete_assistant = delete_assistant
        self._documents = documents
        self._places = places
        self._outbound = outbound
        self._clock = clock
        self._index_soon = index_soon

    def add(self, assistant: Assistant, url: str) -> Document:
        """The new document, ``pending``; ``Invalid`` for what is no web address, ``Conflict`` when it is there."""
        added = self._add_all(assistant, [url])
        if added.documents:
            return added.documents[0]
        raise self._refusal(assistant, url)

    def add_sitemap(self, assistant: Assistant, url: str) -> Added:
        """The documents of the pages that a sitemap lists, and those that are refused.

        ``NotFetched``, ``UpstreamFailed`` or ``UpstreamTimeout`` when the sitemap itself is not to be had,
        ``Invalid`` when it lists no page.
        """
        listed = read_sitemap(self._outbound, url)
        if not listed:
            raise Invalid.field("url", "The sitemap lists no page.")
        host = _host(self._outbound.check(url))
        own = [one for one in listed if _host(one) == host]
        added = self._add_all(assistant, own[:MOST_PAGES])
        foreign = [Refused(one, "The page is of another host.") for one in listed if _host(one) != host]
        beyond = [Refused(one, f"Only {MOST_PAGES} pages are taken at once.") for one in own[MOST_PAGES:]]
        return Added(added.documents, (*added.refused, *foreign, *beyond))

    def _add_all(self, assistant: Assistant, urls: Sequence[str]) -> Added:
        documents: list[Document] = []
        refused: list[Refused] = []
        with self._places.naming(assistant.id):
            there = self._documents.of_assistant(assistant.id, DocumentType.RAG)
            pages, names = {one.source_url for one in there}, {one.filename for one in there}
            for url in urls:
                problem = self._problem(url, pages)
                if problem:
                    refused.append(Refused(url, problem))
                    continue
                document = self._document(assistant, self._outbound.check(url), names)
                self._documents.add(document)
                documents.append(document)
                pages.add(document.source_url)
                names.add(document.filename)
        if self._assistants.by_id(assistant.id) is None:
            self._delete_assistant.finish(assistant.id)
            raise NotFound  # the assistant was deleted in this moment
        for document in documents:
            self._index_soon(document)
        return Added(tuple(documents), tuple(refused))

    def _problem(self, url: str, there: set[str]) -> str:
        try:
            return "The page is there already: refresh it." if self._outbound.check(url) in there else ""
        except NotFetched as problem:
            return problem.sentence

    def _refusal(self, assistant: Assistant, url: str) -> Exception:
        try:
            wanted = self._outbound.check(url)
        except NotFetched as problem:
            return Invalid.field("url", problem.sentence)
        there = self._documents.of_assistant(assistant.id, DocumentType.RAG)
        ids = [one.id for one in there if one.source_url == wanted]
        return Conflict(
            "The page is there already: refresh it.", code="url_taken", details={"document_id": ids}
        )

    def _document(self, assistant: Assistant, url: str, names: set[str]) -> Document:
        return Document(
            id=new_id(),
            assistant_id=assistant.id,
            owner_id=assistant.owner_id,
            filename=next(one for one in numbered(_name_of(url)) if one not in names),
            type=DocumentType.RAG,
            size=0,
            sha256="",
            created_at=self._clock(),
            source_url=url,
            fetch_due=True,
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # brackets that do not match
        return ""


def _name_of(url: str) -> str:
    """``example.com - precos.html``: the host and the path, with an ending that is read."""
    parts = urlsplit(url)
    path = [one for one in unquote(parts.path).split("/") if one.strip(". ")]
    name = " - ".join([parts.hostname or "", *path, *([parts.query] if parts.query else [])])
    name = name.replace("/", "_").replace("\\", "_")
    if path and not parts.query and format_of(path[-1]) in FORMATS and "." in path[-1]:
        stem, _, ending = name.rpartition(".")
        return safe_filename(f"{stem[:_NAME_CHARACTERS]}.{ending}")
    return safe_filename(f"{name[:_NAME_CHARACTERS]}.html")
