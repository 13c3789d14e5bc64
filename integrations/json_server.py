"""JSON posted to one server: bounded in time, in bytes and in calls at once, its failures as named errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx2

from integrations.llm.failures import refused, translated
from integrations.llm.urllib3_transport import Urllib3Transport
from kit.errors import SettingsError
from models.model_errors import ModelAnswerBroken, ModelTimedOut

CONNECT_TIMEOUT_S = 5.0
MAX_BYTES = 32 << 20
_KEY = re.compile(r"[\x21-\x7e]*")


class JsonServer:
    """Posts to ``url`` with at most ``calls`` under way at once; ``model`` is how errors name what is asked.

    No redirect is followed, no proxy of the environment used; the key goes to this server alone and into no
    error. ``SettingsError`` when ``url`` or ``api_key``, named by their settings, cannot be ones.
    """

    def __init__(
        self, url: httpx2.URL, *, model: str, calls: int, api_key: str = "", key_setting: str = ""
    ) -> None:
        if not _KEY.fullmatch(api_key):
            raise SettingsError(f"{key_setting} holds characters that no API key has.")
        self._model = model
        self._url = url
        transport = Urllib3Transport(url, pool_size=calls, max_bytes=MAX_BYTES)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.Client(
            transport=transport, headers=headers, trust_env=False, follow_redirects=False
        )

    def post(self, body: Mapping[str, Any], timeout_s: float) -> Any:
        """The JSON of the answer, within ``timeout_s`` in all; a ``ModelError`` when there is none."""
        if timeout_s <= 0:
            raise ModelTimedOut(f"The model {self._model} took too long to answer.")
        # urllib3 begins to count once a connection is free: the wait for one has a share of its own.
        waiting = timeout_s / 4
        timeout = httpx2.Timeout(
            timeout_s - waiting, connect=min(CONNECT_TIMEOUT_S, timeout_s - waiting), pool=waiting
        )
        try:
            response = self._client.post(self._url, json=body, timeout=timeout)
        except httpx2.HTTPError as error:
            raise translated(error, self._model) from None
        if not response.is_success:
            raise refused(response, self._model)
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError):
            raise ModelAnswerBroken(
                f"The server of the model {self._model} sent something that is not JSON."
            ) from None

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._client.close()


def checked_url(text: str, setting: str, path: str = "") -> httpx2.URL:
    """``text`` as a URL with ``path`` added to its own; ``SettingsError`` names the setting it is from."""
    try:
        url = httpx2.URL(text.rstrip("/") + path)
    except httpx2.InvalidURL:
        raise SettingsError(f"{setting} is not a URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError(f"{setting} must begin with http:// or https:// and name a server.")
    return url
