"""Errors as OpenAI's clients know them: ``{"error": {message, type, param, code}}``, on every path under ``/v1``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import has_request_context, request

from kit.errors import AppError
from models.model_errors import ModelError

PREFIX = "/v1"
# Somebody who waits longer than this must not be asked again by a client that does so by itself.
LONGEST_RETRY_S = 60.0
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    409: "conflict_error",
    429: "rate_limit_error",
}
_CODES = {
    "unauthenticated": "invalid_api_key",
    "rate_limited": "rate_limit_exceeded",
    "invalid": "invalid_value",
    "not_found": "unknown_url",
}
_REFUSED = ("model_refused", "model_shape_refused")
# What a model's server says of the request itself, as against our key or our address.
_OF_REQUEST = (400, 413, 422)


def applies(path: str | None = None) -> bool:
    """Whether the present request (or one of this path) is answered in OpenAI's shape."""
    if path is None:
        path = request.path if has_request_context() else ""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def body(status: int, code: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    """The error; ``param`` is the first field that does not fit."""
    sent = status_for(status, code, details)
    param = next(iter(details), None) if status == HTTPStatus.UNPROCESSABLE_ENTITY else None
    if param is not None and isinstance(details[param], list):
        message = f"{param}: {' '.join(details[param])}"
    if code in _REFUSED:
        code = "model_not_found" if sent == HTTPStatus.NOT_FOUND else str(details.get("code") or _REFUSED[0])
    fallback = "server_error" if sent >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return {
        "error": {
            "message": message,
            "type": _TYPES.get(sent, fallback),
            "param": param,
            "code": _CODES.get(code, code),
        }
    }


def status_for(status: int, code: str, details: dict[str, Any]) -> int:
    """422 is 400 there; and what a model's server refuses of a request is the request's fault, as OpenAI has it."""
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return 400
    if code in _REFUSED and details.get("status") in _OF_REQUEST:
        return 400
    if code in _REFUSED and details.get("status") == HTTPStatus.NOT_FOUND:
        return 404
    return status


def worth_a_retry(error: AppError) -> bool:
    """Whether a client that tries again by itself should."""
    if error.retry_after is not None:
        return error.retry_after <= LONGEST_RETRY_S
    # After a timeout and all attempts of our own, the same at once would only cost once more.
    return not isinstance(error, ModelError)
