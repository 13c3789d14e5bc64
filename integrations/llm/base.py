"""The seam to whatever completes a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from models.completions import Completion, CompletionRequest


class ChatModel(Protocol):
    """A server of models (or one built in) that answers a prompt.

    Both calls raise a ``ModelError`` (``models/model_errors.py``); ``timeout_s`` bounds the whole call,
    in seconds.
    """

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The whole answer at once."""
        ...

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """Text as it comes, and last of all the ``Completion`` with the whole text and its tokens."""
        ...


class ModelServer(Protocol):
    """A server of models, its connections made once; whoever asks it brings their own key."""

    def with_key(self, api_key: str) -> ChatModel:
        """The models there, asked with this key (or without one where it is empty)."""
        ...

    def close(self) -> None:
        """Close the connections that are not in use."""
        ...
