"""A blueprint whose bodies are read strictly and whose decorators are typed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import flask
import flask_smorest
import marshmallow
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request

from kit.errors import BadRequest, Invalid, TooLarge, UnsupportedFormat
from routes.schemas.fields import unstorable

MAX_JSON_DEPTH = 32
MAX_JSON_BYTES = 4 << 20
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?+', re.DOTALL)
_LARGEST = 2**63 - 1
_MOST_DIGITS = 20
View = TypeVar("View", bound=Callable[..., Any])
# A plain mapping describes what is not JSON.
Schema = type[marshmallow.Schema] | marshmallow.Schema | dict[str, str]


def read_json(request: flask.Request) -> Any:
    """The JSON value in the body, as ``load_json`` reads it; ``webargs.missing`` where there is no body.

    ``TooLarge`` over ``MAX_JSON_BYTES``, ``UnsupportedFormat`` when the body says that it is something else.
    """
    # Where no length was announced, Werkzeug cuts at this bound and says nothing.
    request.max_content_length = MAX_JSON_BYTES + 1
    raw = request.get_data(cache=True)
    if len(raw) > MAX_JSON_BYTES:
        raise TooLarge
    if not raw:
        return core.missing
    if not is_json_request(request):
        raise UnsupportedFormat("Send the body as JSON, with Content-Type: application/json.")
    return load_json(raw)


def load_json(raw: bytes) -> Any:
    """The JSON value in ``raw``.

    ``BadRequest`` when it is not JSON in UTF-8 (``NaN`` is not), nests deeper than ``MAX_JSON_DEPTH`` or
    holds an integer that no number is near to; ``Invalid`` when a text holds NUL or half a surrogate pair.
    """
    if _depth(raw) > MAX_JSON_DEPTH:
        raise BadRequest(f"The body nests deeper than {MAX_JSON_DEPTH} levels.", code="json_too_deep")
    try:
        # Decoded here: json.loads would let encoded halves of surrogate pairs through.
        text = raw.decode("utf-8-sig")
        value = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.", code="bad_json") from None
    if r"\u" in text:
        _refuse_unstorable(value, "")
    return value


class _BodyParser(FlaskParser):
    """webargs' parser with a strict JSON reader and our own errors."""

    def load_json(self, req: flask.Request, schema: marshmallow.Schema) -> Any:
        del schema  # the whole body is read whatever is wanted of it
        value = read_json(req)
        if value is not core.missing and not isinstance(value, dict):
            raise Invalid("The body must be a JSON object.", details={"json": ["Must be an object."]})
        return value

    def handle_error(self, error: marshmallow.ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise Invalid.fields(flatten_messages(error.messages))


class _OptionalBodyParser(_BodyParser):
    """The same for a body that is not needed: one that does not say that it is JSON is passed over."""

    def load_json(self, req: flask.Request, schema: marshmallow.Schema) -> Any:
        return super().load_json(req, schema) if is_json_request(req) else core.missing


def flatten_messages(messages: Any) -> dict[str, list[str]]:
    """Marshmallow's nested messages as ``{"limits.tokens_per_day": ["…"]}``, the location left out."""
    flat: dict[str, list[str]] = {}
    if isinstance(messages, dict):
        for part in messages.values():
            _flatten(part, "", flat)
    return flat or {"body": [str(messages)]}


def _flatten(messages: Any, name: str, into: dict[str, list[str]]) -> None:
    if isinstance(messages, dict):
        for key, part in messages.items():
            own = name if key == "_schema" else f"{name}.{key}" if name else str(key)
            _flatten(part, own, into)
        return
    texts = messages if isinstance(messages, list) else [messages]
    into.setdefault(name or "body", []).extend(str(text) for text in texts)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest's blueprint, reading bodies through ``load_json``."""

    ARGUMENTS_PARSER = _BodyParser()

    def path(self, rule: str, *methods: str) -> Callable[[View], View]:
        """Serve ``rule`` for ``methods`` (GET when none is named)."""
        decorate: Callable[[View], View] = self.route(rule, methods=list(methods) or ["GET"])
        return decorate

    def takes(
        self, schema: type[marshmallow.Schema], location: str = "json", **more: Any
    ) -> Callable[[View], View]:
        """Validate ``location`` of the request by ``schema`` and pass the result on by position."""
        # One object for all requests: making one copies every field.
        decorate: Callable[[View], View] = self.arguments(schema(), location=location, **more)
        return decorate

    def may_take(self, schema: type[marshmallow.Schema]) -> Callable[[View], View]:
        """Take a JSON body that nobody needs to send; without one, of whatever type, the schema's defaults."""

        def decorate(view: View) -> View:
            usual, self.ARGUMENTS_PARSER = self.ARGUMENTS_PARSER, _OptionalBodyParser()
            try:
                return self.takes(schema, required=False)(view)
            finally:
                self.ARGUMENTS_PARSER = usual

        return decorate

    def gives(self, status: int, schema: Schema | None = None, **more: Any) -> Callable[[View], View]:
        """Answer with ``status`` and what the handler returns, dumped by ``schema``."""
        decorate: Callable[[View], View] = self.response(status, schema, **more)
        return decorate

    def may_give(self, status: int, schema: Schema, description: str) -> Callable[[View], View]:
        """Say that the handler may also answer with ``status``."""
        decorate: Callable[[View], View] = self.alt_response(status, schema=schema, description=description)
        return decorate

    def says(self, **description: Any) -> Callable[[View], View]:
        """Add to what the OpenAPI description says of the handler."""
        decorate: Callable[[View], View] = self.doc(**description)
        return decorate


def _depth(raw: bytes) -> int:
    """How deep brackets nest outside strings; one pass, no recursion."""
    deepest = depth = 0
    if raw.count(b"[") + raw.count(b"{") <= MAX_JSON_DEPTH:
        return 0
    for byte in _STRINGS.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_JSON_DEPTH:
                break
        elif byte in b"]}":
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _stored_int(digits: str) -> int | float:
    """As JSON's numbers are read elsewhere: one beyond 64 bits, which no record holds, is about as much."""
    if len(digits) <= _MOST_DIGITS and abs(number := int(digits)) <= _LARGEST:
        return number
    if math.isinf(near := float(digits)):
        raise ValueError("beyond any number")
    return near


_JSON = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_stored_int)


def _refuse_unstorable(value: Any, name: str) -> None:
    """Only an escape can put NUL or half a surrogate pair into valid UTF-8."""
    if isinstance(value, dict):
        for key, part in value.items():
            _refuse_unstorable(key, name or "body")
            _refuse_unstorable(part, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for part in value:
            _refuse_unstorable(part, name or "body")
    elif isinstance(value, str):
        problem = unstorable(value)
        if problem:
            raise Invalid.field(name or "body", problem)
