"""Have a model answer with a guide as its instruction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.callers import Caller
from models.generation import Asked, Generated
from models.guides import Guide
from services.generation.generate import Generate
from services.guides.render_guide import about_of, render_guide


class RunGuide:
    """Asks an assistant's model, grounded in its documents as its chats are; stores nothing."""

    def __init__(self, *, generate: Generate) -> None:
        self._generate = generate

    def run(
        self, caller: Caller, guide: Guide, variables: Mapping[str, Any], message: str, model: str
    ) -> Generated:
        """The answer to ``message`` by the filled guide; without a message, to the guide itself."""
        text = render_guide(guide, variables)
        asked = Asked(
            prompt=message or text,
            system=text if message else "",
            model=model,
            grounded=True,
            assistant_id=guide.assistant_id,
            about="" if message else about_of(variables),
        )
        return self._generate.generate(caller, asked)
