"""Take an upload in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from integrations.files import FileStore, Received, safe_filename
from integrations.parsing.base import FORMATS, PROMPT_FORMATS
from kit.clock import Clock
from kit.errors import Conflict, Invalid, NotFound, UnsupportedFormat
from kit.ids import new_id
from models.assistants import Assistant
from models.documents import Document, DocumentType
from repositories.assistants import AssistantRepository
from repositories.documents import DocumentRepository
from services.assistants.delete_assistant import DeleteAssistant
from services.documents.place_file import PlaceFile

ALIASES = {"markdown": "md", "htm": "html", "text": "txt"}
MAX_PROMPT_BYTES = 1 << 20


@dataclass(frozen=True)
class Upload:
    """What came in a form: the client's name of the file, and its bytes as a stream."""

    filename: str
    stream: BinaryIO
    type: DocumentType
    replace: bool = True


class AddDocument:
    """Keeps an upload: a record that nobody sees, the file in its place, then the record for all to see.

    What a crash or a full disk leaves on the way is a record marked deleted; the next sweep removes it.
    """

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        delete_assistant: DeleteAssistant,
        documents: DocumentRepository,
        files: FileStore,
        places: PlaceFile,
        clock: Clock,
        max_bytes: int,
        index_soon: Callable[[Document], None],
    ) -> None:
        self._assistants = assistants
        self._delete_assistant = delete_assistant
        self._documents = documents
        self._files = files
        self._places = places
        self._clock = clock
        self._max_bytes = max_bytes
        self._index_soon = index_soon

    def add(self, assistant: Assistant, upload: Upload) -> Document:
        """The new document, ``pending``.

        ``UnsupportedFormat`` by its ending, ``TooLarge``, ``Invalid`` when empty or unnamed, ``Conflict`` when
        the name is taken and ``replace`` is off, ``StorageFull``.
        """
        filename = safe_filename(upload.filename)
        check_format(filename, upload.type)
        is_prompt = upload.type is DocumentType.PROMPT
        most = min(MAX_PROMPT_BYTES, self._max_bytes) if is_prompt else self._max_bytes
        received = self._files.receive(upload.stream, most)
        if received.size == 0:
            self._files.discard(received)
            raise Invalid.field("file", "The file is empty.")
        try:
            document = self._keep(assistant, filename, upload, received)
        except BaseException:  # whatever it is, no file is left that no record names
            self._files.discard(received)
            raise
        self._index_soon(document)
        return document

    def _keep(self, assistant: Assistant, filename: str, upload: Upload, received: Received) -> Document:
        with self._places.naming(
            assistant.id
        ):  # uploads of one name come one after the other, and so do their ids
            document = Document(
                id=new_id(),
                assistant_id=assistant.id,
                owner_id=assistant.owner_id,
                filename=filename,
                type=upload.type,
                size=received.size,
                sha256=received.sha256,
                created_at=self._clock(),
            )
            earlier = self._documents.same_name(document)
            if earlier and not upload.replace:
                raise Conflict(f"There is a document called {filename} already.", code="name_taken")
            if upload.type is DocumentType.RAG:
                document = replace(document, aside=bool(earlier), replaces=bool(earlier))
            self._put(received, document, earlier)
        if self._assistants.by_id(assistant.id) is None:
            self._delete_assistant.finish(assistant.id)
            raise NotFound  # the assistant was deleted in this moment
        return document

    def _put(self, received: Received, document: Document, earlier: list[Document]) -> None:
        self._documents.add(replace(document, deleted=True))
        if document.type is DocumentType.RAG:
            for older in earlier:  # they leave when this one is ready
                self._documents.replaced_by(older, document.id)
        self._places.put(received, document, earlier)
        self._documents.show(document)


def format_of(filename: str) -> str:
    """The format that a file's ending names, in small letters."""
    ending = filename.rpartition(".")[2].lower()
    return ALIASES.get(ending, ending)


def check_format(filename: str, document_type: DocumentType) -> None:
    """Refuse a kind of file that is not read for this type of document. ``UnsupportedFormat``."""
    allowed = PROMPT_FORMATS if document_type is DocumentType.PROMPT else FORMATS
    if "." not in filename or format_of(filename) not in allowed:
        raise UnsupportedFormat(f"A {document_type} document is one of: {', '.join(allowed)}.")
