"""A conversation that a program keeps itself and hands in whole, as OpenAI's clients do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.chats import Source
from models.completions import Completion, PromptMessage


@dataclass(frozen=True)
class Conversation:
    """Messages, oldest first, the program's instructions among them as ``system``; and how to sample.

    ``extra`` is passed through to models that know it, in OpenAI's shape. ``user_id`` is the end user.
    """

    messages: tuple[PromptMessage, ...]
    model: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    user_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """What the user said last."""
        return next((one.content for one in reversed(self.messages) if one.role == "user"), "")


@dataclass(frozen=True)
class Reply:
    """The model's next message; ``sources`` where an assistant's documents were searched for it."""

    completion: Completion
    sources: tuple[Source, ...] = ()
