"""What model servers and the way to them fail with, in our words."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from urllib3 import exceptions as http_failures

from integrations.llm.transport import Answer, NoAnswer
from models.model_errors import (
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelShapeRefused,
    ModelTimedOut,
    ModelUnavailable,
)

MAX_RETRY_AFTER_S = 3600.0

_Make = Callable[..., ModelError]
_REFUSED = "The model {model} cannot be asked: "
_BY_STATUS: dict[int, tuple[_Make, str]] = {
    401: (ModelRefused, _REFUSED + "its server does not accept the API key."),
    402: (ModelRefused, _REFUSED + "its account has no credit left."),
    403: (ModelRefused, _REFUSED + "its server does not allow it with this API key."),
    404: (ModelRefused, _REFUSED + "its server knows no such model, or nothing at this address."),
    408: (ModelTimedOut, "The server of the model {model} ran out of time."),
    413: (ModelRefused, _REFUSED + "the request is too large for its server."),
    429: (ModelBusy, "The server of the model {model} takes no more requests right now."),
    503: (ModelBusy, "The server of the model {model} is overloaded."),
    504: (ModelTimedOut, "The server of the model {model} ran out of time."),
    529: (ModelBusy, "The server of the model {model} is overloaded."),
}
# Where the code says more than the status: these do not pass by waiting, or do.
_BY_CODE: dict[str, tuple[_Make, str]] = {
    "insufficient_quota": _BY_STATUS[402],
    "billing_hard_limit_reached": _BY_STATUS[402],
    "context_length_exceeded": (ModelRefused, _REFUSED + "the request is longer than it takes."),
    "model_not_found": _BY_STATUS[404],
    "invalid_api_key": _BY_STATUS[401],
    "rate_limit_exceeded": _BY_STATUS[429],
}
_BY_CLASS: dict[int, tuple[_Make, str]] = {
    3: (ModelRefused, _REFUSED + "its address sends us somewhere else."),
    4: (ModelRefused, _REFUSED + "its server refuses this request."),
    5: (ModelUnavailable, "The server of the model {model} failed."),
}
_NOT_REACHED = "The server of the model {model} cannot be reached."
# The first row that fits counts: urllib3's ReadTimeoutError is a PoolError too.
_BY_TRANSPORT: tuple[tuple[type[BaseException], _Make, str], ...] = (
    (http_failures.EmptyPoolError, ModelBusy, "Too many calls to the model {model} are under way."),
    (http_failures.ConnectTimeoutError, ModelUnavailable, _NOT_REACHED),  # NewConnectionError is one
    (http_failures.TimeoutError, ModelTimedOut, "The model {model} took too long to answer."),
    (http_failures.PoolError, ModelUnavailable, _NOT_REACHED),
    (http_failures.SSLError, ModelUnavailable, _NOT_REACHED),
    (http_failures.LocationValueError, ModelUnavailable, _NOT_REACHED),
    (NoAnswer, ModelUnavailable, "The server of the model {model} broke the connection."),
    (BaseException, ModelAnswerBroken, "The answer of the model {model} was cut short."),
)
# How servers say that they know no schemas or no tools: routers of many models by 404, llama.cpp by 500.
_OF_SHAPE = frozenset({400, 404, 422, 500, 501})
_NAMES_SHAPE = re.compile(
    r"response_format|json.?schema|structured.output|tool_choice|\b(?:tools?|functions?|format)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def translated(error: BaseException, model: str) -> ModelError:
    """The named error for one of urllib3's; its own words stay out, they may quote key or prompt."""
    make, sentence = next((make, text) for fits, make, text in _BY_TRANSPORT if isinstance(error, fits))
    return make(sentence.format(model=model))


def of_shape(problem: ModelError, said: object, model: str) -> ModelError:
    """The same, or that it is the asked-for shape that the server does not know, where its words say so."""
    status = problem.details.get("status")
    is_known = problem.details.get("code") in _BY_CODE
    if status in _OF_SHAPE and not is_known and _NAMES_SHAPE.search(str(said)[:4000]):
        sentence = _REFUSED + "its server does not know this way of asking for an answer of a given shape."
        return ModelShapeRefused(sentence.format(model=model), details=problem.details)
    return problem


def refused(answer: Answer, model: str) -> ModelError:
    """The named error for an answer that is none, of a server that is not OpenAI's."""
    return by_status(answer.status, None, model, retry_after=asked_to_wait(answer.headers))


def by_status(status: int, code: str | None, model: str, retry_after: float | None = None) -> ModelError:
    """The named error for a status and the machine code beside it, with both in its details."""
    known_code = code if code and _CODE.fullmatch(code) else ""
    make, sentence = (
        _BY_CODE.get(known_code) or _BY_STATUS.get(status) or _BY_CLASS.get(status // 100) or _BY_CLASS[5]
    )
    details: dict[str, object] = {"status": status}
    if known_code:
        details["code"] = known_code
    return make(sentence.format(model=model), details=details, retry_after=retry_after)


def reported(error: object, model: str) -> ModelError:
    """The named error for an ``error`` object that came under a status of success, as in a stream."""
    code = str(error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""
    status = int(code) if re.fullmatch(r"[45]\d\d", code) else 500
    return by_status(status, code, model)


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, from a number or a date; ``None`` where it asks nothing sane."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
            return min(float(text) / unit, MAX_RETRY_AFTER_S)
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), MAX_RETRY_AFTER_S)
