"""The seam through which every model call goes, and what may be wrapped around it or watch it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from models.catalogue import ModelEntry
from models.completions import Completion, CompletionRequest
from models.routing import Attempt

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Model(Protocol):
    """Answers prompts: ``CompletePrompt`` itself, and whatever wraps it (limits, caches) and is a model too."""

    def complete(self, request: CompletionRequest) -> Completion:
        """The whole answer, or an ``AppError`` that says why there is none."""
        ...

    def stream(self, request: CompletionRequest) -> CompletionSteps:
        """Text as it comes and at last the ``Completion``.

        It returns once the first of them is there, so that every refusal is raised here.
        """
        ...


class CompletionSteps(Protocol):
    """A stream under way; closing it early ends the call behind it."""

    def __iter__(self) -> Iterator[str | Completion]: ...

    def __next__(self) -> str | Completion: ...

    def close(self) -> None:
        """Stop here; again is the same."""
        ...


class CallWatch(Protocol):
    """Sees one call through. What it raises ends the call: it is there to count, not to decide."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What goes along to the servers that are asked."""
        ...

    def attempted(self, entry: ModelEntry, attempt: Attempt) -> None:
        """One model was asked, or passed over."""
        ...

    def ended(self, completion: Completion | None, problem: BaseException | None) -> None:
        """The call is over, exactly once: answered, failed, or (both ``None``) its stream left early."""
        ...


class ModelCallObserver(Protocol):
    """Told of every model call: for the log, metering, metrics, traces."""

    def begins(self, request: CompletionRequest, chain: Sequence[ModelEntry]) -> CallWatch | None:
        """A call begins, with the models that may be asked in their order; an ``AppError`` refuses it.

        ``None`` where nobody will look at what becomes of it.
        """
        ...
