"""One HTTP server of models, asked without a package of its own: bounded in time and bytes, failures named."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import httpx2

from integrations.json_server import checked_url
from integrations.llm.failures import of_shape, refused, translated
from integrations.llm.urllib3_transport import Urllib3Transport
from models.model_errors import ModelAnswerBroken, ModelError, ModelTimedOut

CONNECT_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 8 << 20


class HttpServer:
    """Posts to addresses below ``base_url`` over kept connections.

    No redirect is followed, no proxy of the environment used; a key is part of one request alone.
    ``SettingsError`` when the URL cannot be one.
    """

    def __init__(self, base_url: str, *, calls: int) -> None:
        self._base = base_url.rstrip("/")
        url = checked_url(self._base, "base_url")
        transport = Urllib3Transport(url, pool_size=calls, max_bytes=MAX_ANSWER_BYTES)
        self._client = httpx2.Client(transport=transport, trust_env=False, follow_redirects=False)

    def post(
        self, path: str, body: Mapping[str, Any], *, model: str, api_key: str, timeout_s: float, stream: bool
    ) -> httpx2.Response:
        """The answer, its body read unless it is a ``stream``; a ``ModelError`` when there is none."""
        if timeout_s <= 0:
            raise ModelTimedOut
        brief = min(CONNECT_TIMEOUT_S, timeout_s)
        request = self._client.build_request(
            "POST",
            self._base + path,
            json=dict(body),
            headers={
                "Accept-Encoding": "identity",
                **({"Authorization": f"Bearer {api_key}"} if api_key else {}),
            },
            timeout=httpx2.Timeout(timeout_s, connect=brief, pool=brief),
        )
        try:
            response = self._client.send(request, stream=stream)
        except httpx2.HTTPError as error:
            raise translated(error, model) from None
        if not response.is_success:
            raise _refusal(response, body, model)
        return response

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._client.close()


def _refusal(response: httpx2.Response, body: Mapping[str, Any], model: str) -> ModelError:
    problem, said = refused(response, model), b""
    if body.get("tools") or body.get("format"):
        with contextlib.suppress(httpx2.HTTPError):
            said = response.read()
    response.close()
    return of_shape(problem, said.decode(errors="replace"), model)


def json_object(data: bytes, model: str) -> dict[str, Any]:
    """The JSON object in ``data``; ``ModelAnswerBroken`` when it is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ModelAnswerBroken(f"The server of the model {model} sent something that is not a JSON object.")
    return value
