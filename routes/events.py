"""Answers that are sent as they come: server-sent events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from flask import Response, stream_with_context

from kit.errors import AppError
from routes.errors import error_body, unexpected_body

EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["token", "done", "error"]},
        "data": {"type": "string", "description": "JSON: `{text}`, this answer, or the error body."},
    },
}


class Steps(Protocol):
    """Texts and at last the answer; to be closed whatever becomes of who reads them."""

    def __iter__(self) -> Iterator[Any]: ...

    def close(self) -> None:
        """Stop here; again is the same."""
        ...


def streamed(steps: Steps, present: Callable[[Any], Any]) -> Response:
    """Events ``token`` ({text}), then one ``done`` (what ``present`` makes of the answer) or one ``error``."""
    return event_stream(_events(steps, present), steps.close)


def event_stream(lines: Iterator[str], close: Callable[[], object]) -> Response:
    """``lines`` as they come, kept back by nobody between; ``close`` is called at the end, or before."""
    response = Response(stream_with_context(lines), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(close)
    return response


def _events(steps: Steps, present: Callable[[Any], Any]) -> Iterator[str]:
    try:
        for step in steps:
            if isinstance(step, str):
                yield _event("token", {"text": step})
            else:
                yield _event("done", present(step))
    except AppError as problem:
        yield _event("error", error_body(problem))
    except Exception as problem:  # noqa: BLE001  # the outermost place: the status has been sent already
        yield _event("error", unexpected_body(problem))


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
