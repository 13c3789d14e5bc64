"""Answers that are asked for without a chat."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.chats import Source, Tokens
from models.routing import Routing


@dataclass(frozen=True)
class Asked:
    """A prompt as it was handed in; ``None`` leaves a choice to the assistant or the model.

    ``user_id`` is the end user that it is for, as the client calls them. ``grounded``: answered from the
    documents of the caller's assistant, or of ``assistant_id`` where a person asks.
    """

    prompt: str
    system: str = ""
    model: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    user_id: str = ""
    grounded: bool = False
    assistant_id: str = ""


@dataclass(frozen=True)
class Generated:
    """What the model wrote, in ``seconds``; ``sources`` only of a grounded answer."""

    output: str
    model: str
    seconds: float
    tokens: Tokens = field(default_factory=Tokens)
    sources: tuple[Source, ...] = ()
    routing: Routing = field(default_factory=Routing)
