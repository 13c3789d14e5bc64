"""Where OpenAI-compatible servers differ, learnt from what each refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.completions import CompletionRequest

MAX_REMEMBERED = 256
# What a request's extra fields do not decide.
_OURS = frozenset(
    {"model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "n"}
    | {"max_completion_tokens"}
)


@dataclass(frozen=True)
class Dialect:
    """How a model wants to be asked; ``stream_usage`` is ``None`` until it took or refused the option."""

    tokens_field: str = "max_tokens"
    stream_usage: bool | None = None

    def body(self, request: CompletionRequest, *, stream: bool) -> dict[str, Any]:
        """The JSON body of the request; what is not set is not sent."""
        optional = {
            "temperature": request.temperature,
            "top_p": request.top_p,
            self.tokens_field: request.max_tokens,
            "stream": stream or None,
            "stream_options": {"include_usage": True} if stream and self.stream_usage is not False else None,
        }
        return {
            "model": request.model,
            "messages": [
                {"role": one.role, "content": _encodable(one.content), **one.extra}
                for one in request.messages
            ],
            **{name: value for name, value in request.extra.items() if name not in _OURS},
            **{name: value for name, value in optional.items() if value is not None},
        }

    def after_refusal(self, body: Mapping[str, Any], reason: str) -> Dialect | None:
        """How to ask again after a 400 or 422 to ``body``, or ``None`` when there is no other way."""
        if "max_tokens" in body and "max_completion_tokens" in reason:
            return replace(self, tokens_field="max_completion_tokens")
        named = "stream_options" in reason or "include_usage" in reason
        # Not every server says what it does not know: while the option is untried, it may be that.
        if "stream_options" in body and (named or self.stream_usage is None):
            return replace(self, stream_usage=False)
        return None

    def after_success(self, body: Mapping[str, Any]) -> Dialect:
        """The same, knowing that ``body`` was taken."""
        if "stream_options" in body and self.stream_usage is None:
            return replace(self, stream_usage=True)
        return self


class Dialects:
    """What was learnt, by model; of too many models everything is learnt anew."""

    def __init__(self) -> None:
        self._known: dict[str, Dialect] = {}

    def of(self, model: str) -> Dialect:
        """The dialect of ``model``, or the usual one."""
        return self._known.get(model, Dialect())

    def learn(self, model: str, dialect: Dialect) -> None:
        """Remember how ``model`` is asked."""
        if self._known.get(model) == dialect:
            return
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[model] = dialect


def _encodable(text: str) -> str:
    """``text`` with lone surrogates, which no UTF-8 body can carry, replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
