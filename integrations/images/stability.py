"""Pictures from Stability's REST API, version 2."""

from __future__ import annotations

import httpx2

from integrations.json_server import CONNECT_TIMEOUT_S, MAX_BYTES, checked_url
from integrations.llm.failures import refused, translated
from integrations.llm.urllib3_transport import Urllib3Transport
from kit.errors import SettingsError
from models.model_errors import ModelAnswerBroken

STABILITY_URL = "https://api.stability.ai"
LONGEST_PROMPT = 9000
# Services with an address of their own; every other name is a model of the third.
_SERVICES = ("core", "ultra")


class StabilityImages:
    """``POST /v2beta/stable-image/generate/<service>`` as a form; the answer is the picture itself."""

    def __init__(self, *, model: str, api_key: str, base_url: str, timeout_s: float) -> None:
        service = model if model in _SERVICES else "sd3"
        path = f"/v2beta/stable-image/generate/{service}"
        self._url = checked_url(base_url or STABILITY_URL, "IMAGE_BASE_URL", path)
        self.name = f"stability:{model}"
        if not api_key.isascii() or not api_key.isprintable():
            raise SettingsError("IMAGE_API_KEY holds characters that no API key has.")
        self._form = {"output_format": "png", **({"model": model} if service == "sd3" else {})}
        self._timeout_s = timeout_s
        self._client = httpx2.Client(
            transport=Urllib3Transport(self._url, pool_size=4, max_bytes=MAX_BYTES),
            headers={"Authorization": f"Bearer {api_key}", "Accept": "image/*"},
            trust_env=False,
            follow_redirects=False,
        )

    def draw(self, prompt: str) -> bytes:
        """The picture's bytes."""
        form = {**self._form, "prompt": prompt[:LONGEST_PROMPT]}
        timeout = httpx2.Timeout(self._timeout_s, connect=CONNECT_TIMEOUT_S)
        try:
            response = self._client.post(
                self._url, files={name: (None, value) for name, value in form.items()}, timeout=timeout
            )
        except httpx2.HTTPError as error:
            raise translated(error, self.name) from None
        if not response.is_success:
            raise refused(response, self.name)
        if response.headers.get("finish-reason") == "CONTENT_FILTERED":
            raise ModelAnswerBroken(f"The picture by {self.name} was withheld by its server's filter.")
        return response.content

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
