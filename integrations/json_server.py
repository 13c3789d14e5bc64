"""Whole answers of one server: bounded in time, in bytes and in calls at once, their failures as named errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from urllib3.exceptions import HTTPError
from urllib3.util import Url, make_headers

from integrations.llm.failures import refused, translated
from integrations.llm.transport import Transport, json_bytes, json_headers
from kit.errors import SettingsError
from kit.tracing import tracing
from models.model_errors import ModelAnswerBroken, ModelTimedOut

CONNECT_TIMEOUT_S = 5.0
MAX_BYTES = 32 << 20
_KEY = re.compile(r"[\x21-\x7e]*")


class WholeServer:
    """Posts to ``url`` with at most ``calls`` under way at once; ``model`` is how errors name what is asked."""

    def __init__(self, url: Url, *, model: str, calls: int) -> None:
        self._model = model
        self._target = url.request_uri
        self._transport = Transport(url, calls=calls, max_bytes=MAX_BYTES)

    def post(
        self, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[bytes, Mapping[str, str]]:
        """The answer's body and headers, within ``timeout_s`` in all; a ``ModelError`` when there is none."""
        if timeout_s <= 0:
            raise ModelTimedOut(f"The model {self._model} took too long to answer.")
        # urllib3 begins to count once a connection is free: the wait for one has a share of its own.
        wait_s = timeout_s / 4
        total_s = timeout_s - wait_s
        connect_s = min(CONNECT_TIMEOUT_S, total_s)
        try:
            answer = self._transport.post(
                self._target, body, headers, wait_s=wait_s, connect_s=connect_s, total_s=total_s
            )
            content = answer.read()
        except HTTPError as error:
            raise translated(error, self._model) from None
        if not answer.is_success:
            raise refused(answer, self._model)
        return content, answer.headers

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._transport.close()


class JsonServer:
    """JSON posted to one server, and the JSON of its answers; the key goes to this server alone and into no error.

    ``SettingsError`` when ``api_key``, named by its setting, cannot be one.
    """

    def __init__(self, url: Url, *, model: str, calls: int, api_key: str = "", key_setting: str = "") -> None:
        if not _KEY.fullmatch(api_key):
            raise SettingsError(f"{key_setting} holds characters that no API key has.")
        self._model = model
        self._headers = {**json_headers(api_key), "Accept-Encoding": "gzip, deflate"}  # vectors are long
        if url.auth and not api_key:
            self._headers.update(make_headers(basic_auth=unquote(url.auth)))
        self._server = WholeServer(url, model=model, calls=calls)

    def post(self, body: Mapping[str, Any], timeout_s: float) -> Any:
        """The JSON of the answer, within ``timeout_s`` in all; a ``ModelError`` when there is none."""
        headers = {**tracing.headers(), **self._headers} if tracing.is_on else self._headers
        content, _ = self._server.post(json_bytes(body), headers, timeout_s)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise ModelAnswerBroken(
                f"The server of the model {self._model} sent something that is not JSON."
            ) from None

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._server.close()
