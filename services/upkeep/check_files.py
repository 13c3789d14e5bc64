"""Whether files and records agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from integrations.files import FileStore
from models.documents import Document
from repositories.documents import DocumentRepository
from services.documents.place_file import PlaceFile
from services.upkeep.findings import Finding, nothing


class CheckFiles:
    """Compares one assistant's folder with the records of its documents."""

    def __init__(self, *, documents: DocumentRepository, files: FileStore, places: PlaceFile) -> None:
        self._documents = documents
        self._files = files
        self._places = places

    def findings(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Finding]:
        """What does not agree in one assistant; ``documents`` are all of its records."""
        for document in documents:
            problem = "" if document.deleted else self._problem(document)
            if problem and self._documents.get_any(document.id) == document:
                about = f"{document.filename} ({document.id}); upload it again"
                yield Finding(problem, about, nothing)
        for path in list(self._files.files_of(assistant_id)):
            if not self._is_known(assistant_id, path):
                mend = partial(self._remove, assistant_id, path)
                yield Finding("file without a record", str(path), mend)

    def _problem(self, document: Document) -> str:
        if document.fetch_due:
            return ""  # its file is still to come
        try:
            with self._files.open(document) as stream:
                return "" if stream.seek(0, 2) == document.size else "file changed"
        except FileNotFoundError:
            return "file missing"

    def _is_known(self, assistant_id: str, path: Path) -> bool:
        """Whether some document's bytes lie there, at this moment; a deleted one's go by themselves."""
        with self._places.naming(assistant_id):
            return not path.exists() or path in self._known(assistant_id)

    def _remove(self, assistant_id: str, path: Path) -> None:
        with self._places.naming(assistant_id):
            if path not in self._known(assistant_id):
                path.unlink(missing_ok=True)

    def _known(self, assistant_id: str) -> set[Path]:
        return {self._files.path_of(one) for one in self._documents.all_of(assistant_id)}
