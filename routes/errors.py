"""Every error becomes the one error body, ``{error, message, details, request_id}``; under ``/v1`` OpenAI's."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, jsonify
from werkzeug.exceptions import HTTPException

from kit import errors
from kit.errors import AppError
from kit.logging import get_logger
from models.limits import LimitReached
from routes import openai_errors

STATUS: dict[type[AppError], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.UnsupportedFormat: 415,
    errors.Invalid: 422,
    errors.TooManyRequests: 429,
    errors.UpstreamFailed: 502,
    errors.Unavailable: 503,
    errors.UpstreamTimeout: 504,
    errors.StorageFull: 507,
}
_SENTENCES = {
    405: "This address does not take that method.",
    500: "Something went wrong on our side; the request id helps to find out what.",
}
_CODES = {500: "internal_error"}
# What Flask refuses by itself has the code and the sentence of our own errors of that status.
_KINDS = {status: kind for kind, status in STATUS.items()}
_log = get_logger("routes")


def status_of(error: AppError) -> int:
    """The HTTP status of an error: that of the nearest kind it is."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def error_body(error: AppError) -> dict[str, Any]:
    """The error body of the route that answers, for answers and for streams alike."""
    return _body(status_of(error), error.error_code, error.sentence, error.details)


def render(error: AppError) -> Response:
    """The error as a response with its status and headers."""
    response = jsonify(error_body(error))
    response.status_code = status_of(error)
    if openai_errors.applies():
        response.status_code = openai_errors.status_for(response.status_code, error.error_code, error.details)
        if not openai_errors.worth_a_retry(error):
            response.headers["x-should-retry"] = "false"
    if isinstance(error, LimitReached):
        g.limit_reached = error
    if error.retry_after is not None:
        g.retry_after = str(max(1, math.ceil(error.retry_after)))
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="orquestra"'
    return response


def register(app: Flask) -> None:
    """Answer every error of ``app`` in the one shape."""
    app.register_error_handler(AppError, render)
    app.register_error_handler(HTTPException, _render_http)
    app.register_error_handler(Exception, _render_unexpected)


def _render_http(error: HTTPException) -> Response:
    if isinstance(error.response, Response):
        return error.response  # a redirect, or an error that was rendered where it was raised
    status = error.code or 500
    response = jsonify(http_error_body(status))
    response.status_code = status
    for header, value in error.get_headers():
        if header.lower() in ("allow", "retry-after"):
            response.headers[header] = value
    return response


def http_error_body(status: int) -> dict[str, Any]:
    """The one error body for a status that no error of ours was raised for."""
    kind = _KINDS.get(status)
    if kind is not None:
        return _body(status, kind.code, kind.message, {})
    known = next((one for one in HTTPStatus if one == status), HTTPStatus.INTERNAL_SERVER_ERROR)
    code = _CODES.get(status, known.name.lower())
    return _body(status, code, _SENTENCES.get(status, f"{known.phrase}."), {})


def unexpected_body(error: Exception) -> dict[str, Any]:
    """The one error body for a bug: no stack trace is shown, but it can be found in the log."""
    _log.error("unexpected error", exc_info=error)
    return http_error_body(500)


def _render_unexpected(error: Exception) -> Response:
    response = jsonify(unexpected_body(error))
    response.status_code = 500
    return response


def _body(status: int, code: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    if openai_errors.applies():
        return openai_errors.body(status, code, message, details)
    return {"error": code, "message": message, "details": details, "request_id": g.get("request_id", "")}
