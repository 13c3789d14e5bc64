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
