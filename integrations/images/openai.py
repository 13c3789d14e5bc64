"""Pictures from any server that speaks OpenAI's images."""

from __future__ import annotations

import base64
import binascii

from integrations.json_server import JsonServer
from integrations.llm.transport import checked_url
from models.catalogue import OPENAI_URL
from models.model_errors import ModelAnswerBroken

LONGEST_PROMPT = 3500


class OpenAIImages:
    """``POST <base_url>/images/generations``; the answer holds the picture, a mere address of one is refused."""

    def __init__(self, *, model: str, api_key: str, base_url: str, timeout_s: float) -> None:
        url = checked_url(base_url or OPENAI_URL, "IMAGE_BASE_URL", "/images/generations")
        self.name = f"openai:{model}"
        self._model = model
        self._timeout_s = timeout_s
        self._server = JsonServer(url, model=self.name, calls=4, api_key=api_key, key_setting="IMAGE_API_KEY")

    def draw(self, prompt: str) -> bytes:
        """The picture's bytes."""
        body = {"model": self._model, "prompt": prompt[:LONGEST_PROMPT], "n": 1, "size": "1024x1024"}
        if not self._model.startswith("gpt-"):
            body["response_format"] = "b64_json"
        answer = self._server.post(body, self._timeout_s)
        try:
            return base64.b64decode(answer["data"][0]["b64_json"], validate=True)
        except (KeyError, IndexError, TypeError, ValueError, binascii.Error):
            raise ModelAnswerBroken(f"The server of {self.name} sent no picture.") from None

    def close(self) -> None:
        """Close the connections."""
        self._server.close()
