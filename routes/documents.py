"""Documents: uploads and what becomes of them."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from flask import Response, jsonify, make_response, send_file

from integrations.files import relative_path
from models.actors import Actor
from models.documents import Chunk, Document
from routes.blueprint import Blueprint
from routes.description import LOCATION
from routes.guards import person, reader
from routes.house import house
from routes.paging import listed
from routes.schemas import documents as schemas
from routes.schemas.fields import Deleted, ListArguments
from services.documents.add_document import Upload
from services.documents.add_several import Added, is_archive

BYTES = {"type": "string", "format": "binary"}
blueprint = Blueprint(
    "documents", __name__, url_prefix="/documents", description="What assistants know, and their prompts."
)


@blueprint.path("/add", "POST")
@person
@blueprint.takes(schemas.UploadForm, "form")
@blueprint.takes(schemas.UploadFiles, "files")
@blueprint.gives(201, schemas.AddedOut, headers=LOCATION)
def add(form: dict[str, Any], files: dict[str, Any], actor: Actor) -> Any:
    """Upload a document; it is answered from once its ``status`` is ``ready``.

    A ``.zip`` of type ``rag``, and several files in one form, make a document each; the answer is then
    ``{documents, refused}``.
    """
    assistant = house().assistants.find_assistants.get(actor, form["assistant_id"])
    uploads = [
        Upload(file.filename or "", file.stream, form["type"], form["replace"]) for file in files["file"]
    ]
    if len(uploads) > 1 or is_archive(uploads[0]):
        return _several(house().documents.add_several.add(assistant, uploads))
    document = house().documents.add_document.add(assistant, uploads[0])
    return document, {"Location": f"/documents/get/{document.id}"}


def _several(added: Added) -> Response:
    shown = schemas.AddedOut(only=("documents", "refused")).dump(added)
    return make_response(jsonify(shown), 201)


@blueprint.path("/add_url", "POST")
@person
@blueprint.takes(schemas.UrlIn)
@blueprint.gives(201, schemas.AddedOut, headers=LOCATION)
def add_url(body: dict[str, Any], actor: Actor) -> Any:
    """Have a page of the web read; with ``sitemap`` the pages that it lists, answered ``{documents, refused}``."""
    assistant = house().assistants.find_assistants.get(actor, body["assistant_id"])
    if body["sitemap"]:
        return _several(house().documents.add_url.add_sitemap(assistant, body["url"]))
    document = house().documents.add_url.add(assistant, body["url"])
    return document, {"Location": f"/documents/get/{document.id}"}


@blueprint.path("/refresh/<document_id>", "POST")
@person
@blueprint.gives(202, schemas.Accepted)
def refresh(document_id: str, actor: Actor) -> dict[str, str]:
    """Fetch the page anew; the document stays in answers meanwhile. 409 for one that was uploaded."""
    house().documents.refresh_document.refresh(house().documents.find_documents.get(actor, document_id))
    return {"message": "The page will be fetched anew."}


@blueprint.path("/list")
@person
@blueprint.takes(schemas.DocumentListArguments, "query")
@blueprint.gives(200, schemas.DocumentOut(many=True))
def list_documents(args: dict[str, Any], actor: Actor) -> Any:
    """The caller's documents, newest first."""
    find, assistant_id = house().documents.find_documents, args["assistant_id"]
    return listed(
        args,
        partial(find.page, actor, assistant_id),
        partial(find.count, actor, assistant_id),
    )


@blueprint.path("/get/<document_id>")
@person
@blueprint.gives(200, schemas.DocumentOut)
def get(document_id: str, actor: Actor) -> Document:
    """One document."""
    return house().documents.find_documents.get(actor, document_id)


@blueprint.path("/path/get/<document_id>", "GET", "PUT")
@reader
@blueprint.gives(200, schemas.PathOut)
def get_path(document_id: str, actor: Actor) -> dict[str, str]:
    """Where the file lies, relative to the installation."""
    return {"path": relative_path(house().documents.find_documents.get(actor, document_id))}


@blueprint.path("/download/<document_id>")
@person
@blueprint.gives(200, BYTES, content_type="application/octet-stream")
def download(document_id: str, actor: Actor) -> Response:
    """The bytes as uploaded."""
    document = house().documents.find_documents.get(actor, document_id)
    content = house().documents.find_documents.content(document)
    response = send_file(
        content, mimetype="application/octet-stream", as_attachment=True, download_name=document.filename
    )
    response.content_length = os.fstat(content.fileno()).st_size
    return response


@blueprint.path("/delete/<document_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(document_id: str, actor: Actor) -> dict[str, str]:
    """Delete a document: record, file and chunks."""
    house().documents.delete_document.delete(house().documents.find_documents.get(actor, document_id))
    return {"message": "The document is gone."}


@blueprint.path("/reindex/<document_id>", "POST")
@person
@blueprint.gives(202, schemas.Accepted)
def reindex(document_id: str, actor: Actor) -> dict[str, str]:
    """Read the document anew; it stays in answers meanwhile."""
    house().documents.reindex_document.reindex(house().documents.find_documents.get(actor, document_id))
    return {"message": "The document will be read anew."}


@blueprint.path("/retry/<document_id>", "POST")
@person
@blueprint.gives(202, schemas.Accepted)
def retry(document_id: str, actor: Actor) -> dict[str, str]:
    """Try a document again that failed; 409 when it has not."""
    house().documents.retry_document.retry(house().documents.find_documents.get(actor, document_id))
    return {"message": "The document will be tried again."}


@blueprint.path("/chunks/<document_id>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.ChunkOut(many=True))
def list_chunks(args: dict[str, Any], document_id: str, actor: Actor) -> Any:
    """What the document was cut into, in its own order; empty until it is in answers."""
    document, chunks = house().documents.find_documents.get(actor, document_id), house().documents.read_chunks
    return listed(args, partial(chunks.page, document), lambda: document.chunks)


@blueprint.path("/chunks/<document_id>/<n>")
@person
@blueprint.gives(200, schemas.ChunkOut)
def get_chunk(document_id: str, n: str, actor: Actor) -> Chunk:
    """One chunk, by its number from 0."""
    return house().documents.read_chunks.get(house().documents.find_documents.get(actor, document_id), n)
