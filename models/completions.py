"""What is asked of a model and what comes back, whoever serves it."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.chats import Tokens
from models.documents import Passage


@dataclass(frozen=True)
class PromptMessage:
    """One message of a prompt; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True)
class CompletionRequest:
    """A prompt and how to sample from it; ``None`` leaves a choice to the server.

    ``question``, ``passages`` and ``enough`` say again, as values, what the prompt says in words:
    the built-in offline model answers from them. ``no_answer`` is what to say when nothing was found.
    """

    messages: tuple[PromptMessage, ...]
    model: str
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    question: str = ""
    passages: tuple[Passage, ...] = ()
    enough: bool = False
    no_answer: str = ""
    language: str = ""


@dataclass(frozen=True)
class Completion:
    """A model's answer; ``model`` is the name of the one that gave it."""

    text: str
    model: str
    tokens: Tokens = field(default_factory=Tokens)
    finish_reason: str = "stop"
