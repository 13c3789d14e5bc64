"""What is asked of a model and what comes back, whoever serves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.catalogue import ProviderKey
from models.chats import Tokens
from models.documents import Passage
from models.limits import Limits
from models.routing import Routing

ToolCall = Mapping[str, Any]


@dataclass(frozen=True)
class PromptMessage:
    """One message of a prompt; ``role`` is ``system``, ``user``, ``assistant`` or ``tool``.

    ``extra`` is what models that know tools or pictures are sent beside it, or instead, in OpenAI's shape:
    ``tool_calls``, ``tool_call_id``, ``name``, ``content`` as a list of parts. Others get ``content`` alone.
    """

    role: str
    content: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CompletionRequest:
    """A prompt and how to sample from it; ``None`` leaves a choice to the server.

    ``question``, ``passages`` and ``enough`` say again, as values, what the prompt says in words:
    the built-in offline model answers from them. ``no_answer`` is what to say when nothing was found.

    ``extra`` is passed through to models that know it, in OpenAI's shape (``tools``, ``tool_choice``,
    ``response_format``, ``stop``, …). ``fallback_models`` are asked after the model's own fall-backs,
    ``provider_keys`` are the assistant's own. ``assistant_id`` takes part in queues, ``user_id`` is the end
    user that it is for, ``key_id`` the credential, ``purpose`` the door (``chat``, ``generate``, …).
    ``timeout_s`` bounds the whole call where it is less than the installation's bound. ``context`` is the size
    that the model's entry says, in tokens, for servers that want to be told.

    ``limits`` are the assistant's; ``is_counted`` says that the door has counted the request already.
    ``log_content`` lets the request log keep texts, ``chat_id`` says of which chat; ``retrieval_ms`` went by
    before the call. ``headers`` go along to a model's server over HTTP: the trace, where one is kept.
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
    extra: Mapping[str, Any] = field(default_factory=dict)
    fallback_models: tuple[str, ...] = ()
    provider_keys: tuple[ProviderKey, ...] = ()
    assistant_id: str = ""
    owner_id: str = ""
    user_id: str = ""
    key_id: str = ""
    purpose: str = ""
    timeout_s: float | None = None
    context: int | None = None
    limits: Limits = field(default_factory=Limits)
    is_counted: bool = False
    log_content: bool = False
    chat_id: str = ""
    retrieval_ms: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def asks_for_shape(self) -> bool:
        """Whether it says beside the prompt what shape the answer has."""
        return "response_format" in self.extra or "tools" in self.extra


@dataclass(frozen=True)
class Completion:
    """A model's answer; ``model`` is the name of the one that gave it, ``routing`` how it came to that one.

    ``tool_calls`` are in OpenAI's shape, their arguments as JSON text; with some, ``text`` may be empty.
    ``scratchpad`` is what it thought aside.
    """

    text: str
    model: str
    tokens: Tokens = field(default_factory=Tokens)
    finish_reason: str = "stop"
    tool_calls: tuple[ToolCall, ...] = ()
    routing: Routing = field(default_factory=Routing)
    scratchpad: str = ""
