"""What happens around every request: its id, its log line, its response headers."""

from __future__ import annotations

import math
import re
import time
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request

from kit.ids import new_id
from kit.logging import get_logger
from kit.tracing import tracing
from models.limits import LimitReached
from routes.house import house

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
# What every answer says unless its view says otherwise.
_USUAL = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))
_log = get_logger("requests")


def register(app: Flask) -> None:
    """Give every request an id and a log line.

    The line has no text, no secret, and not even the path: a path can hold a contact's phone number, so the
    route's rule stands in its place.
    """
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end_span)


def _begin() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _SANE_ID.match(sent) else new_id()
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if tracing.is_on:
        _begin_span()


def _begin_span() -> None:
    route = _route()
    span = tracing.begin(
        f"{request.method} {route}",
        "server",
        {"http.request.method": request.method, "http.route": route, "orquestra.request.id": g.request_id},
        {name.lower(): value for name, value in request.headers.items()},
    )
    span.enter()
    g.span = span


def _finish(response: Response) -> Response:
    request_id, started, method, route = g.request_id, g.started, request.method, _route()
    response.headers.add("X-Request-ID", request_id)
    _set_retry_after(response)
    _set_limit(response)
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.pop("Content-Type", None)
    for name, value in _USUAL:
        if name not in response.headers:
            response.headers.add(name, value)
    g.status = response.status_code
    house().metrics.requested(method, route, response.status_code, time.perf_counter() - started)
    line = {
        "request_id": request_id,
        "method": method,
        "route": route,
        "status": response.status_code,
        "actor_kind": g.get("actor_kind", "nobody"),
        "actor_id": g.get("actor_id", ""),
    }
    if response.is_streamed and not response.direct_passthrough:
        response.call_on_close(lambda: _write(line, started))
    else:
        _write(line, started)
    return response


def _end_span(problem: BaseException | None) -> None:
    """At the very end: a streamed answer has been sent by now."""
    span = g.pop("span", None)
    if span is None:
        return
    status = g.get("status", HTTPStatus.INTERNAL_SERVER_ERROR)
    failed = problem is not None or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    span.leave()
    span.end({"http.response.status_code": int(status)}, error=str(int(status)) if failed else "")


def _route() -> str:
    rule = request.url_rule
    return rule.rule if rule else "-"


def _set_retry_after(response: Response) -> None:
    """Only where it is meant: Flask-Limiter puts it on every answer, even as 0."""
    if "retry_after" in g:
        response.headers["Retry-After"] = g.retry_after
    elif response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        response.headers.pop("Retry-After", None)
    elif response.headers.get("Retry-After") == "0":
        response.headers["Retry-After"] = "1"


def _set_limit(response: Response) -> None:
    """Where one of an assistant's limits was reached, that is the one the headers speak of."""
    reached: LimitReached | None = g.get("limit_reached")
    if reached is not None:
        response.headers["X-RateLimit-Limit"] = f"{reached.allowed:.12g}"
        response.headers["X-RateLimit-Remaining"] = f"{max(0.0, reached.allowed - reached.used):.12g}"
        response.headers["X-RateLimit-Reset"] = str(math.ceil(reached.resets_at.timestamp()))


def _write(line: dict[str, object], started: float) -> None:
    _log.info("request", **line, ms=round((time.perf_counter() - started) * 1000, 1))
