"""One HTTP server of models, asked without a package of its own: failures are named."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Self

from urllib3.exceptions import HTTPError

from integrations.llm.failures import of_shape, refused, translated
from integrations.llm.transport import Answer, Transport, checked_url, json_bytes, json_headers
from models.completions import CompletionRequest
from models.model_errors import ModelAnswerBroken, ModelTimedOut

CONNECT_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 8 << 20


class HttpServer:
    """Posts JSON to addresses below ``base_url``; a key is part of one request alone.

    ``SettingsError`` when the URL cannot be one.
    """

    def __init__(self, base_url: str, *, calls: int) -> None:
        url = checked_url(base_url, "base_url")
        self._base = (url.path or "").rstrip("/")
        self._query = f"?{url.query}" if url.query else ""
        self._transport = Transport(url, calls=calls, max_bytes=MAX_ANSWER_BYTES)

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        request: CompletionRequest,
        *,
        api_key: str,
        timeout_s: float,
    ) -> Answer:
        """The answer, to be read or closed; a ``ModelError`` when there is none.

        ``body`` is the request in the server's own words.
        """
        if timeout_s <= 0:
            raise ModelTimedOut
        model = request.model
        brief = min(CONNECT_TIMEOUT_S, timeout_s)
        try:
            answer = self._transport.post(
                (self._base + path or "/") + self._query,
                json_bytes(body),
                {**request.headers, **json_headers(api_key)},
                wait_s=brief,
                connect_s=brief,
                total_s=timeout_s,
            )
            if answer.is_success:
                return answer
            said = answer.read()
        except HTTPError as error:
            raise translated(error, model) from None
        problem = refused(answer, model)
        asks_for_shape = body.get("tools") or body.get("format")
        raise of_shape(problem, said.decode(errors="replace"), model) if asks_for_shape else problem

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._transport.close()


class KeyedServer:
    """What ``ModelServer``s over an ``HttpServer`` have in common: connections for all, and each caller's own key."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._key = ""

    def with_key(self, api_key: str) -> Self:
        """The same server, asked with a key as ``Authorization: Bearer``; without one where it is empty."""
        other = copy.copy(self)
        vars(other).update(_key=api_key)
        return other

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._server.close()


def read_object(answer: Answer, model: str) -> dict[str, Any]:
    """The JSON object that a whole answer is."""
    try:
        return json_object(answer.read(), model)
    except HTTPError as error:
        raise translated(error, model) from None


def json_object(data: bytes, model: str) -> dict[str, Any]:
    """The JSON object in ``data``; ``ModelAnswerBroken`` when it is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ModelAnswerBroken(f"The server of the model {model} sent something that is not a JSON object.")
    return value
