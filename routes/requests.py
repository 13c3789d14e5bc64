"""What happens around every request: its id, its log line, its response headers."""

from __future__ import annotations

import re
import time
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request

from kit.ids import new_id
from kit.logging import get_logger

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_log = get_logger("requests")


def register(app: Flask) -> None:
    """Give every request an id and a log line.

    The line has no text, no secret, and not even the path: a path can hold a contact's phone number, so the
    route's rule stands in its place.
    """
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _SANE_ID.match(sent) else new_id()
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    _set_retry_after(response)
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.pop("Content-Type", None)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    line = {
        "request_id": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else "-",
        "status": response.status_code,
        "actor_kind": g.get("actor_kind", "nobody"),
        "actor_id": g.get("actor_id", ""),
    }
    started = g.started
    if response.is_streamed and not response.direct_passthrough:
        response.call_on_close(lambda: _write(line, started))
    else:
        _write(line, started)
    return response


def _set_retry_after(response: Response) -> None:
    """Only where it is meant: Flask-Limiter puts it on every answer, even as 0."""
    if "retry_after" in g:
        response.headers["Retry-After"] = g.retry_after
    elif response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        response.headers.pop("Retry-After", None)
    elif response.headers.get("Retry-After") == "0":
        response.headers["Retry-After"] = "1"


def _write(line: dict[str, object], started: float) -> None:
    _log.info("request", **line, ms=round((time.perf_counter() - started) * 1000, 1))
