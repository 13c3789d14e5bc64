"""The seam of what draws pictures."""

from __future__ import annotations

from typing import Protocol


class ImageMaker(Protocol):
    """Draws a picture of what a prompt says; ``name`` is as ``IMAGE_MODEL`` has it."""

    @property
    def name(self) -> str:
        """``openai:<name>`` or ``stability:<name>``."""
        ...

    def draw(self, prompt: str) -> bytes:
        """The picture in any format that Pillow reads; a ``ModelError`` says why there is none."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
