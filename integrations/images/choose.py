"""What draws pictures here, by the settings."""

from __future__ import annotations

from integrations.images.base import ImageMaker
from integrations.images.openai import OpenAIImages
from integrations.images.stability import StabilityImages
from kit.settings import Settings

TIMEOUT_S = 120.0


def choose_image_maker(settings: Settings) -> ImageMaker | None:
    """The service that ``IMAGE_MODEL`` names; ``None`` for the built-in placeholder, which needs none."""
    kind, _, model = settings.image_model.partition(":")
    timeout_s = min(TIMEOUT_S, settings.llm_timeout_s)
    if kind == "openai":
        same_server = not settings.image_base_url
        key = settings.image_api_key or (settings.openai_api_key if same_server else "")
        url = settings.image_base_url or settings.openai_base_url
        return OpenAIImages(model=model, api_key=key, base_url=url, timeout_s=timeout_s)
    if kind == "stability":
        return StabilityImages(
            model=model, api_key=settings.image_api_key, base_url=settings.image_base_url, timeout_s=timeout_s
        )
    return None
