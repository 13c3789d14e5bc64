"""Documents."""

from __future__ import annotations

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import Schema, ValidationError, fields, validate

from integrations.files import relative_path
from integrations.outbound import LONGEST_URL
from kit.clock import utc_now
from models.documents import DocumentStatus, DocumentType, Stage
from routes.schemas.fields import Body, HeadingPath, ListArguments, Moment, Switch, Text


class TypeField(fields.String):
    """``rag`` or ``prompt``, in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> DocumentType:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return DocumentType(str(text).strip().lower())
        except ValueError:
            raise ValidationError("Must be one of: rag, prompt.") from None


class UploadForm(Schema):
    """The fields beside the file."""

    type = TypeField(required=True, metadata={"enum": ["rag", "prompt"]})
    assistant_id = Text(24, required=True)
    replace = fields.Boolean(load_default=True, metadata={"description": "false: a taken name is 409."})


class UploadFiles(Schema):
    """One file, or several."""

    file = fields.List(Upload(), required=True, validate=validate.Length(min=1))


class UrlIn(Body):
    """A page to be read, or the sitemap of many."""

    assistant_id = Text(24, required=True)
    url = Text(LONGEST_URL, least=1, required=True)
    sitemap = Switch(load_default=False, metadata={"description": "true: each page that it lists."})
    type = TypeField(
        load_default=DocumentType.RAG,
        validate=validate.Equal(DocumentType.RAG, error="Only knowledge (rag) comes from the web."),
        metadata={"enum": ["rag"]},
    )


class DocumentListArguments(ListArguments):
    """Which documents are wanted."""

    assistant_id = Text(24, load_default="")


class DocumentOut(Schema):
    """A document and how far it has come; ``error`` says why it failed."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    filepath = fields.Function(relative_path)
    filename = fields.String()
    type = fields.Enum(DocumentType, by_value=True)
    assistant_id = fields.String()
    createdAt = Moment(attribute="created_at")
    status = fields.Enum(DocumentStatus, by_value=True)
    progress = fields.Integer()
    error = fields.String(allow_none=True)
    size = fields.Integer()
    sha256 = fields.String()
    chunks = fields.Integer()
    title = fields.String()
    language = fields.String()
    pages = fields.Integer(allow_none=True)
    words = fields.Integer()
    warnings = fields.List(
        fields.String(),
        metadata={"description": "What was odd about the file, in sentences for its uploader."},
    )
    source_url = fields.String(
        metadata={"description": "The page that it is a copy of; empty for an upload."}
    )
    stage = fields.Enum(Stage, by_value=True)
    seconds_left = fields.Function(
        lambda document: document.seconds_left(utc_now()),
        metadata={
            "type": "integer",
            "nullable": True,
            "description": "Until it should be in answers; null while that cannot be told, 0 at rest.",
        },
    )


class RefusedOut(Schema):
    """A file that was not taken in."""

    name = fields.String()
    reason = fields.String()


class AddedOut(DocumentOut):
    """The document; or, of an archive or of several files, the documents made and the files refused."""

    documents = fields.List(fields.Nested(DocumentOut))
    refused = fields.List(fields.Nested(RefusedOut))


class ChunkOut(Schema):
    """A part of a document as it is searched and quoted."""

    _id = fields.String(attribute="id", dump_only=True)
    id = fields.String(dump_only=True)
    document_id = fields.String()
    n = fields.Integer(metadata={"description": "Its number within the document, from 0."})
    title = fields.String()
    heading = HeadingPath(allow_none=True)
    page = fields.Integer(allow_none=True)
    language = fields.String()
    text = fields.String()


class PathOut(Schema):
    """Where a document lies, relative to the installation."""

    path = fields.String()


class Accepted(Schema):
    """What was asked for will be done."""

    message = fields.String()
