"""Fields and schemas that several resources share."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_dump, validate

from kit.clock import rfc3339
from kit.masks import is_mask

NAME_LENGTH = 1000
CLIENT_ID_LENGTH = 128
DEFAULT_LIMIT, LARGEST_LIMIT = 500, 1000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NEARLY_A_DAY = timedelta(days=1, milliseconds=-1)
AS_IT_WAS = {"description": "Read-only: as it was shown, or not at all."}


class Body(Schema):
    """A request's body: a field that is not known is an error, named."""

    class Meta:
        """Refuse what is not known."""

        unknown = RAISE


class LooseBody(Schema):
    """The body of a caller that sends more than is needed."""

    class Meta:
        """Pass over what is not known."""

        unknown = EXCLUDE


def unstorable(text: str) -> str | None:
    """Why no record could hold this text, as a sentence, or ``None``."""
    if "\0" in text:
        return "Must not hold the character NUL."
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        return "Must not hold half of a surrogate pair."
    return None


class Text(fields.String):
    """A string of bounded length; ``least=1`` also refuses one of nothing but white space."""

    def __init__(self, most: int = NAME_LENGTH, *, least: int = 0, **more: Any) -> None:
        super().__init__(validate=validate.Length(min=least, max=most), **more)
        self._least = least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if self._least and not text.strip():
            raise ValidationError("Must not be empty.")
        problem = unstorable(text)
        if problem:
            raise ValidationError(problem)
        return str(text)


class KeyText(Text):
    """A key for another server, or the mask that was shown in its place."""

    def __init__(self, **more: Any) -> None:
        super().__init__(1000, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        key = super()._deserialize(value, attr, data, **kwargs).strip()
        if not is_mask(key) and not all("!" <= one <= "~" for one in key):
            raise ValidationError("Holds characters that no API key has.")
        return key


class WholeNumber(fields.Integer):
    """An integer that was sent as one: neither text nor truth value."""

    def __init__(self, low: int, high: int, **more: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(low, high), **more)

    def _validated(self, value: Any) -> Any:
        if isinstance(value, str | bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Number(fields.Float):
    """A number that was sent as one."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, str | bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Switch(fields.Boolean):
    """``true`` or ``false``, nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Moment(fields.DateTime):
    """A time, RFC 3339 in UTC; one without a zone is taken as UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else rfc3339(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        # A '+' that came unescaped in a query string arrives as a space.
        text = value.strip().replace(" ", "+") if isinstance(value, str) else value
        moment: datetime = super()._deserialize(text, attr, data, **kwargs)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


class Until(Moment):
    """A time up to which something counts; of a date alone, the end of that day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        is_day = isinstance(value, str) and _DAY.fullmatch(value.strip())
        return moment + _NEARLY_A_DAY if is_day else moment


class HeadingPath(fields.String):
    """The headings above a passage as one line, or ``null``."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return " > ".join(value) if value else None


class MaybeId(fields.String):
    """An id, or ``null`` where there is none."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return str(value) if value else None


class Found(Schema):
    """What was found in a document, or is a curated answer: then it has a ``faq_id``, and no document."""

    document_id = MaybeId(allow_none=True)
    faq_id = MaybeId(metadata={"description": "Of a curated answer; then document_id is null."})

    @post_dump
    def _of_document(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "faq_id" or value}


class ListArguments(Schema):
    """Which part of a list is wanted."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(min=1),
        metadata={"description": "How many items at most; more than 1000 counts as 1000."},
    )
    cursor = Text(400, load_default="", metadata={"description": "X-Next-Cursor of the page before."})
    count = fields.Boolean(
        load_default=False, metadata={"description": "Also give X-Total-Count, which reads the whole list."}
    )


class Deleted(Schema):
    """What a deletion answers."""

    message = fields.String()


class ErrorBody(Schema):
    """Every error."""

    error = fields.String(required=True, metadata={"description": "Machine code."})
    message = fields.String(required=True, metadata={"description": "A sentence for a person."})
    details = fields.Dict(required=True, metadata={"description": "On 422: field to list of messages."})
    request_id = fields.String(required=True)
