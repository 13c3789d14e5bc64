"""``cli.py ingest`` and ``cli.py reindex``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from commands.fail import fail
from commands.house import OPERATOR, assistant_of, opened
from commands.patience import Patience
from integrations.parsing.base import FORMATS
from kit.errors import AppError
from kit.settings import Settings
from models.assistants import Assistant
from models.documents import Document, DocumentStatus, DocumentType
from services.documents.add_document import Upload, format_of
from services.house import House

LOOKED_AT_ONCE = 10


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--assistant", "assistant_id", required=True, help="The assistant's id.")
@click.option(
    "--type",
    "document_type",
    type=click.Choice([one.value for one in DocumentType]),
    default=DocumentType.RAG.value,
    show_default=True,
)
@click.pass_obj
def ingest(settings: Settings, folder: Path, assistant_id: str, document_type: str) -> None:
    """Add every document in FOLDER (and below) to an assistant, and wait until they are in answers."""
    files = _named(
        folder, [one for one in sorted(folder.rglob("*")) if one.is_file() and format_of(one.name) in FORMATS]
    )
    if not files:
        fail(f"There is no document in {folder}: {', '.join(FORMATS)} are read.")
    with opened(settings) as house:
        assistant = assistant_of(house, assistant_id)
        documents, refused = _uploaded(house, assistant, files, DocumentType(document_type))
        failed = _indexed(house, documents)
    for line in [*refused, *failed]:
        click.echo(line, err=True)
    click.echo(f"{len(documents) - len(failed)} of {len(files)} documents are in answers.")
    if refused or failed:
        sys.exit(1)


@click.command()
@click.option("--assistant", "assistant_id", help="Only this assistant's documents.")
@click.option("--document", "document_id", help="Only this document.")
@click.pass_obj
def reindex(settings: Settings, assistant_id: str | None, document_id: str | None) -> None:
    """Read documents anew (all of them, unless told otherwise); they stay in answers meanwhile."""
    with opened(settings) as house:
        documents = list(_chosen(house, assistant_id, document_id))
        for document in documents:
            house.documents.reindex_document.reindex(document)
        failed = _indexed(house, documents)
    for line in failed:
        click.echo(line, err=True)
    click.echo(f"{len(documents) - len(failed)} of {len(documents)} documents were read anew.")
    if failed:
        sys.exit(1)


def _named(folder: Path, files: list[Path]) -> dict[Path, str]:
    """A name for each file: its own, or with its folders in front where two have the same."""
    times = Counter(path.name for path in files)
    return {
        path: path.name if times[path.name] == 1 else " - ".join(path.relative_to(folder).parts)
        for path in files
    }


def _uploaded(
    house: House, assistant: Assistant, files: dict[Path, str], document_type: DocumentType
) -> tuple[list[Document], list[str]]:
    documents, refused = [], []
    with click.progressbar(files.items(), label="Adding  ", file=sys.stderr) as bar:
        for path, name in bar:
            try:
                with path.open("rb") as stream:
                    documents.append(
                        house.documents.add_document.add(assistant, Upload(name, stream, document_type))
                    )
            except AppError as problem:
                refused.append(f"{path}: {problem.sentence}")
            except OSError as problem:
                refused.append(f"{path}: {problem.strerror}")
    return documents, refused


def _chosen(house: House, assistant_id: str | None, document_id: str | None) -> Iterator[Document]:
    if document_id:
        yield house.documents.find_documents.get(OPERATOR, document_id)
        return
    if assistant_id:
        assistant_of(house, assistant_id)
    cursor = ""
    while True:
        page = house.documents.find_documents.page(OPERATOR, assistant_id or "", 500, cursor)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def _indexed(house: House, documents: list[Document]) -> list[str]:
    """Wait until every document is ready or failed; a line for each that failed."""
    waiting = {document.id: document.filename for document in documents}
    failed = []
    patience = Patience()
    with click.progressbar(length=len(documents), label="Indexing", file=sys.stderr) as bar:
        while waiting:
            # The oldest few: they are read in this order, and thousands need not be asked for each time.
            looked = {one: house.documents.index_document.look(one) for one in list(waiting)[:LOOKED_AT_ONCE]}
            over = {one: found for one, found in looked.items() if found is None or _settled(found)}
            for document_id, found in over.items():
                filename = waiting.pop(document_id)
                if found is not None and found.error:
                    failed.append(f"{filename}: {found.error}")
            bar.update(len(over))
            if not over:
                patience.wait([one for one in looked.values() if one is not None])
    return failed


def _settled(document: Document) -> bool:
    return document.status is DocumentStatus.FAILED or (
        document.status is DocumentStatus.READY and document.progress == 100
    )
