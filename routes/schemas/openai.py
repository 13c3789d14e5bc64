"""What OpenAI's clients send and get; unknown fields are passed over, as they send more than is needed."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from kit.errors import Invalid
from models.completions import PromptMessage
from models.conversations import Conversation
from routes.schemas.chats import SourceOut
from routes.schemas.fields import CLIENT_ID_LENGTH, LooseBody, Number, Switch, Text, WholeNumber
from routes.schemas.generation import MOST_TOKENS

MOST_MESSAGES = 2048
MOST_INPUTS = 2048
LONGEST_INPUT = 100_000  # characters of one text to embed
MOST_STOPS = 4
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
# What models that know it are sent as it came.
PASSED_ON = (
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "reasoning_effort",
)
_BESIDE = ("name", "tool_calls", "tool_call_id")


class StreamOptions(LooseBody):
    """Of a streamed answer."""

    include_usage = Switch(load_default=False, allow_none=True)


class ChatCompletionRequest(LooseBody):
    """A conversation; ``model`` may be ``default``: the assistant's own, or the installation's."""

    model = Text(200, load_default="", allow_none=True, metadata={"example": "default"})
    messages = fields.List(
        fields.Dict(),
        required=True,
        validate=validate.Length(1, MOST_MESSAGES),
        metadata={
            "description": "Oldest first: `{role, content}`, with `tool_calls` and `tool_call_id` where tools are "
            "used; `content` is a text or a list of parts."
        },
    )
    stream = Switch(load_default=False, allow_none=True)
    stream_options = fields.Nested(StreamOptions, load_default=None, allow_none=True)
    temperature = Number(load_default=None, allow_none=True, validate=validate.Range(0, 2))
    top_p = Number(load_default=None, allow_none=True, validate=validate.Range(0, 1))
    max_tokens = WholeNumber(1, MOST_TOKENS, load_default=None, allow_none=True)
    max_completion_tokens = WholeNumber(1, MOST_TOKENS, load_default=None, allow_none=True)
    n = WholeNumber(1, 1, load_default=1, allow_none=True)
    stop = fields.Raw(load_default=None, allow_none=True, metadata={"description": "A text or up to four."})
    tools = fields.List(fields.Dict(), load_default=None, allow_none=True, validate=validate.Length(max=128))
    tool_choice = fields.Raw(load_default=None, allow_none=True)
    parallel_tool_calls = Switch(load_default=None, allow_none=True)
    response_format = fields.Dict(load_default=None, allow_none=True)
    seed = fields.Integer(load_default=None, allow_none=True)
    presence_penalty = Number(load_default=None, allow_none=True, validate=validate.Range(-2, 2))
    frequency_penalty = Number(load_default=None, allow_none=True, validate=validate.Range(-2, 2))
    reasoning_effort = Text(20, load_default=None, allow_none=True)
    user = Text(
        CLIENT_ID_LENGTH,
        load_default="",
        allow_none=True,
        metadata={"description": "The end user that the tokens are counted for."},
    )


class ToolCallShape(Schema):
    """The call of a tool."""

    id = fields.String()
    type = fields.String()
    function = fields.Dict()


class ReplyMessage(Schema):
    """The model's message; ``content`` is null where it only calls tools."""

    role = fields.String()
    content = fields.String(allow_none=True)
    refusal = fields.String(allow_none=True)
    tool_calls = fields.List(fields.Nested(ToolCallShape))


class Choice(Schema):
    """The one answer."""

    index = fields.Integer()
    message = fields.Nested(ReplyMessage)
    finish_reason = fields.String()


class Usage(Schema):
    """Tokens read and written."""

    prompt_tokens = fields.Integer()
    completion_tokens = fields.Integer()
    total_tokens = fields.Integer()


class ChatCompletion(Schema):
    """OpenAI's chat completion; ``sources`` beside it where an assistant's documents were searched."""

    id = fields.String()
    object = fields.String()
    created = fields.Integer()
    model = fields.String()
    choices = fields.List(fields.Nested(Choice))
    usage = fields.Nested(Usage)
    sources = fields.List(fields.Nested(SourceOut))


class EmbeddingsRequest(LooseBody):
    """Texts to be embedded; ``default`` is the configured embedder."""

    model = Text(200, load_default="default", allow_none=True)
    input = fields.Raw(required=True, metadata={"description": "A text or a list of texts; no token ids."})
    encoding_format = fields.String(
        load_default="float", allow_none=True, validate=validate.OneOf(["float", "base64"])
    )
    dimensions = WholeNumber(1, 1_000_000, load_default=None, allow_none=True)
    user = Text(CLIENT_ID_LENGTH, load_default="", allow_none=True)


class Embedding(Schema):
    """One text's vector: numbers, or their little-endian float32 in base64."""

    object = fields.String()
    index = fields.Integer()
    embedding = fields.Raw()


class EmbeddingsUsage(Schema):
    """About how many tokens the texts have."""

    prompt_tokens = fields.Integer()
    total_tokens = fields.Integer()


class EmbeddingList(Schema):
    """The vectors in the order of the texts."""

    object = fields.String()
    data = fields.List(fields.Nested(Embedding))
    model = fields.String()
    usage = fields.Nested(EmbeddingsUsage)


class ModelCard(Schema):
    """A model; ``owned_by`` is who serves it."""

    id = fields.String()
    object = fields.String()
    created = fields.Integer()
    owned_by = fields.String()


class ModelList(Schema):
    """The models that the caller may use."""

    object = fields.String()
    data = fields.List(fields.Nested(ModelCard))


def conversation_of(body: dict[str, Any]) -> Conversation:
    """The conversation in a body that fits ``ChatCompletionRequest``; ``Invalid`` names what in it does not."""
    messages = tuple(_message(one, f"messages.{n}") for n, one in enumerate(body["messages"]))
    extra = {name: body[name] for name in PASSED_ON if body[name] is not None}
    _check_stop(extra.get("stop"))
    return Conversation(
        messages=messages,
        model=body["model"] or "",
        temperature=body["temperature"],
        top_p=body["top_p"] or None,
        max_tokens=body["max_completion_tokens"] or body["max_tokens"],
        user_id=body["user"] or "",
        extra=extra,
    )


def texts_of(given: Any) -> list[str]:
    """The texts to be embedded; ``Invalid`` for none, too many, too long, or token ids."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or len(texts) > MOST_INPUTS:
        raise Invalid.field("input", f"Must be a text, or a list of 1 to {MOST_INPUTS} texts.")
    for text in texts:
        if isinstance(text, int | list):
            raise Invalid.field("input", "Token ids are not taken: send the texts themselves.")
        if not isinstance(text, str) or not text or len(text) > LONGEST_INPUT:
            raise Invalid.field("input", f"Each must be a text of 1 to {LONGEST_INPUT} characters.")
    return texts


def _message(given: dict[str, Any], name: str) -> PromptMessage:
    role = given.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise Invalid.field(f"{name}.role", f"Must be one of {', '.join(ROLES)}.")
    extra = {key: given[key] for key in _BESIDE if given.get(key) is not None}
    _check_beside(extra, name)
    content = given.get("content")
    if content is None and role == "assistant":
        content = ""
    if role == "tool" and "tool_call_id" not in extra:
        raise Invalid.field(f"{name}.tool_call_id", "Is needed: say which call this answers.")
    if isinstance(content, list):
        text, has_more = _parts(content, f"{name}.content")
        if has_more:
            extra["content"] = content
        content = text
    if not isinstance(content, str):
        raise Invalid.field(f"{name}.content", "Must be a text or a list of parts.")
    return PromptMessage(ROLES[role], content, extra)


def _parts(parts: list[Any], name: str) -> tuple[str, bool]:
    """The text in a list of parts, and whether there is more in it than text."""
    texts = []
    for n, part in enumerate(parts):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise Invalid.field(f"{name}.{n}", "Must be a part: an object with a type.")
        if part["type"] in ("text", "refusal"):
            text = part.get(part["type"])
            if not isinstance(text, str):
                raise Invalid.field(f"{name}.{n}.{part['type']}", "Must be a text.")
            texts.append(text)
    return "\n".join(texts), len(texts) < len(parts)


def _check_beside(extra: dict[str, Any], name: str) -> None:
    for key in ("name", "tool_call_id"):
        if key in extra and not isinstance(extra[key], str):
            raise Invalid.field(f"{name}.{key}", "Must be a text.")
    calls = extra.get("tool_calls", [])
    if not isinstance(calls, list) or not all(isinstance(one, dict) for one in calls):
        raise Invalid.field(f"{name}.tool_calls", "Must be a list of calls.")


def _check_stop(stop: Any) -> None:
    texts = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(texts, list) or len(texts) > MOST_STOPS or not all(isinstance(x, str) for x in texts):
        raise Invalid.field("stop", f"Must be a text, or a list of at most {MOST_STOPS}.")
