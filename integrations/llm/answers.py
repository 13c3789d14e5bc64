"""What an OpenAI-compatible server's JSON says, with nothing in it taken for granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.chats import Tokens
from models.model_errors import ModelAnswerBroken

MAX_TOKENS = 1 << 40  # a count beyond is not a count
MAX_TOOL_CALLS = 128


@dataclass(frozen=True)
class Part:
    """What one answer, or one frame of a streamed one, carries; ``None`` where it says nothing."""

    text: str = ""
    finish_reason: str | None = None
    usage: Tokens | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()


def read_answer(payload: object) -> Part:
    """The answer of a call that was not streamed; ``ModelAnswerBroken`` when it is none."""
    choice = _first_choice(_mapping(payload, "answer"))
    if choice is None:
        raise ModelAnswerBroken("The model's server sent an answer without a choice.")
    message = _mapping(choice.get("message"), "message")
    calls = ToolCalls()
    calls.feed(_tool_calls(message))
    return Part(_text_of(message), _finish_reason(choice), _usage(payload), calls.finish())


def read_frame(payload: object) -> Part:
    """What a frame of a stream adds; a frame without a choice (usage, a filter's report) adds no text."""
    choice = _first_choice(_mapping(payload, "frame"))
    if choice is None:
        return Part(usage=_usage(payload))
    delta = choice.get("delta")
    delta = {} if delta is None else _mapping(delta, "delta")
    return Part(_text_of(delta), _finish_reason(choice), _usage(payload), _tool_calls(delta))


class ToolCalls:
    """Puts the calls of tools together that a stream sends in pieces: each under its ``index``."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, str]] = {}

    def feed(self, pieces: Iterable[Mapping[str, Any]]) -> None:
        """Add what one frame has of them. ``ModelAnswerBroken`` for what is no call."""
        for n, piece in enumerate(pieces):
            index, function = piece.get("index", n), piece.get("function") or {}
            if type(index) is not int or len(self._calls) > MAX_TOOL_CALLS or not isinstance(function, dict):
                raise ModelAnswerBroken("The model's server sent a call of a tool that is none.")
            call = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            for name, value in (("id", piece.get("id")), *function.items()):
                if name in call and isinstance(value, str):
                    call[name] = call[name] + value if name == "arguments" else call[name] or value

    def finish(self) -> tuple[Mapping[str, Any], ...]:
        """The whole calls, in OpenAI's shape. ``ModelAnswerBroken`` for one without a name."""
        if any(not one["name"] for one in self._calls.values()):
            raise ModelAnswerBroken("The model's server sent a call of a tool without a name.")
        return tuple(
            {
                "id": clean(one["id"]) or f"call_{n}",
                "type": "function",
                "function": {"name": clean(one["name"]), "arguments": clean(one["arguments"])},
            }
            for n, (_, one) in enumerate(sorted(self._calls.items()))
        )


class TextCleaner:
    """Makes text that can be stored and sent out of pieces that may cut a character in two.

    JSON can spell half a character (a lone surrogate) and NUL, which neither MongoDB nor UTF-8 take:
    halves that meet across two pieces become one, a half on its own becomes U+FFFD, NUL is dropped.
    """

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """The text that is certain by now."""
        if piece.isascii() and not self._half:
            return piece.replace("\0", "")
        text = self._half + piece
        self._half = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        return _whole_characters(text[: len(text) - len(self._half)])

    def finish(self) -> str:
        """What was held back."""
        half, self._half = self._half, ""
        return _whole_characters(half)


def clean(text: str) -> str:
    """The whole text as ``TextCleaner`` makes it."""
    cleaner = TextCleaner()
    return cleaner.feed(text) + cleaner.finish()


def _whole_characters(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ModelAnswerBroken(
            f"The model's server sent something that is not a chat completion (its {what})."
        )
    return value


def _first_choice(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = payload.get("choices")
    if choices is None or choices == []:
        return None
    if not isinstance(choices, list):
        raise ModelAnswerBroken("The model's server sent choices that are not a list.")
    return _mapping(choices[0], "choice")


def _text_of(message: Mapping[str, Any]) -> str:
    """The content; what a model says when it refuses stands in ``refusal`` instead."""
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):
        content = "".join(map(_text_of_part, content))
    if not isinstance(content, str):
        raise ModelAnswerBroken("The model's server sent content that is not text.")
    return content


def _text_of_part(part: object) -> str:
    """The text of one of several parts; what a model thought beside it, as Mistral's do, is none."""
    text = part.get("text", "") if isinstance(part, dict) and isinstance(part.get("type"), str) else None
    if not isinstance(text, str):
        raise ModelAnswerBroken("The model's server sent content that is not text.")
    return text if isinstance(part, dict) and part["type"] == "text" else ""


def _tool_calls(message: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    calls = message.get("tool_calls") or ()
    if not isinstance(calls, list | tuple):
        raise ModelAnswerBroken("The model's server sent calls of tools that are not a list.")
    return tuple(_mapping(one, "tool call") for one in calls)


def _finish_reason(choice: Mapping[str, Any]) -> str | None:
    reason = choice.get("finish_reason")
    return reason if isinstance(reason, str) and reason else None


def _usage(payload: object) -> Tokens | None:
    """The server's own count; ``None`` when it gave none, or one that cannot be."""
    usage = payload.get("usage") if isinstance(payload, dict) else None
    if not isinstance(usage, dict):
        return None
    read, written = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return Tokens(input=read, output=written) if read is not None and written is not None else None


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None
