"""Pictures from Stability's REST API, version 2."""

from __future__ import annotations

from urllib3 import encode_multipart_formdata

from integrations.json_server import WholeServer
from integrations.llm.transport import checked_url
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
        url = checked_url(base_url or STABILITY_URL, "IMAGE_BASE_URL", path)
        self.name = f"stability:{model}"
        if not api_key.isascii() or not api_key.isprintable():
            raise SettingsError("IMAGE_API_KEY holds characters that no API key has.")
        self._form = {"output_format": "png", **({"model": model} if service == "sd3" else {})}
        self._timeout_s = timeout_s
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "image/*", "User-Agent": "orquestra"}
        self._server = WholeServer(url, model=self.name, calls=4)

    def draw(self, prompt: str) -> bytes:
        """The picture's bytes."""
        form = {**self._form, "prompt": prompt[:LONGEST_PROMPT]}
        body, kind = encode_multipart_formdata(form)
        picture, said = self._server.post(body, {**self._headers, "Content-Type": kind}, self._timeout_s)
        if said.get("finish-reason") == "CONTENT_FILTERED":
            raise ModelAnswerBroken(f"The picture by {self.name} was withheld by its server's filter.")
        return picture

    def close(self) -> None:
        """Close the connections."""
        self._server.close()
