"""OpenAI's protocol: chat completions, models and embeddings for any of its clients."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

from flask import Response

from kit.errors import AppError
from kit.ids import new_id
from models.callers import Caller
from models.catalogue import ModelEntry
from models.chats import Tokens
from models.conversations import Reply
from routes.blueprint import Blueprint
from routes.errors import error_body, unexpected_body
from routes.events import Steps, event_stream
from routes.guards import caller
from routes.house import at_a_workplace, house
from routes.schemas import openai as schemas
from routes.schemas.chats import SourceOut

SOURCES = SourceOut(many=True)
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
CHUNK = {
    "type": "object",
    "properties": {
        "data": {"type": "string", "description": "JSON: a `chat.completion.chunk`, or `[DONE]`."}
    },
}
STREAM: dict[Any, Any] = {200: {"content": {"text/event-stream": {"schema": CHUNK}}}}
blueprint = Blueprint(
    "openai", __name__, url_prefix="/v1", description="OpenAI's protocol, for any client of it."
)


@blueprint.path("/chat/completions", "POST")
@at_a_workplace
@caller
@blueprint.says(responses=STREAM)
@blueprint.takes(schemas.ChatCompletionRequest)
@blueprint.gives(200, schemas.ChatCompletion)
def complete_chat(body: dict[str, Any], caller: Caller) -> Response:
    """Give the next message of a conversation.

    With an assistant's key the assistant's instructions, persona and documents apply; ``system`` messages come below
    its own instructions, and ``sources`` stands beside the answer (streamed: in the last chunk with a choice).
    """
    said = schemas.conversation_of(body)
    converse = house().generation.converse
    if body["stream"]:
        options = body["stream_options"] or {}
        steps = converse.stream(caller, said)
        chunks = _Chunks(
            converse.named(caller, said.model),
            with_usage=bool(options.get("include_usage")),
            with_sources=_has_sources(caller),
        )
        return event_stream(chunks.lines(steps), steps.close)
    return _json(_whole(converse.reply(caller, said), with_sources=_has_sources(caller)))


@blueprint.path("/models")
@caller
@blueprint.gives(200, schemas.ModelList)
def list_models(caller: Caller) -> Any:
    """The models that the caller may use, an assistant's own first."""
    return {"object": "list", "data": [_card(one) for one in house().generation.converse.models(caller)]}


@blueprint.path("/models/<chat_name:model_name>")
@caller
@blueprint.gives(200, schemas.ModelCard)
def get_model(model_name: str, caller: Caller) -> Any:
    """One of them."""
    return _card(house().generation.converse.model(caller, model_name))


@blueprint.path("/embeddings", "POST")
@at_a_workplace
@caller
@blueprint.takes(schemas.EmbeddingsRequest)
@blueprint.gives(200, schemas.EmbeddingList)
def embed(body: dict[str, Any], caller: Caller) -> Response:
    """Turn texts into vectors with the configured embedder, ``default``."""
    made = house().generation.embed_texts.embed(
        caller,
        schemas.texts_of(body["input"]),
        body["model"] or "default",
        body["dimensions"],
        body["user"] or "",
    )
    packed = body["encoding_format"] == "base64"
    vectors = made.vectors.astype("<f4")
    data = [
        {
            "object": "embedding",
            "index": n,
            "embedding": base64.b64encode(row.tobytes()).decode() if packed else row.tolist(),
        }
        for n, row in enumerate(vectors)
    ]
    usage = {"prompt_tokens": made.tokens, "total_tokens": made.tokens}
    return _json({"object": "list", "data": data, "model": made.model, "usage": usage})


class _Chunks:
    """A stream as OpenAI sends it; what its chunks have in common is made once."""

    def __init__(self, model: str, *, with_usage: bool, with_sources: bool) -> None:
        self._model = model  # until it is known which one answered
        self._with_usage = with_usage
        self._with_sources = with_sources
        self._id = f"chatcmpl-{new_id()}"
        self._created = int(time.time())

    def lines(self, steps: Steps) -> Iterator[str]:
        """Chunks with text, one with the calls of tools, one with the reason of the end, ``[DONE]``."""
        try:
            yield self._choice({"role": "assistant", "content": ""})
            for step in steps:
                if isinstance(step, Reply):
                    yield from self._end(step)
                elif step:
                    yield self._choice({"content": step})
        except AppError as problem:
            yield _line(error_body(problem))
        except Exception as problem:  # noqa: BLE001  # the outermost place: the status has been sent already
            yield _line(unexpected_body(problem))

    def _end(self, reply: Reply) -> Iterator[str]:
        completion = reply.completion
        self._model = completion.model
        if completion.tool_calls:
            calls = [{"index": n, **call} for n, call in enumerate(completion.tool_calls)]
            yield self._choice({"tool_calls": calls})
        more = {"sources": SOURCES.dump(reply.sources)} if self._with_sources else {}
        yield self._choice({}, completion.finish_reason, **more)
        if self._with_usage:
            yield self._line({"choices": [], "usage": _usage(completion.tokens)})
        yield "data: [DONE]\n\n"

    def _choice(self, delta: Any, reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage = {"usage": None} if self._with_usage else {}
        return self._line({"choices": [choice], **usage, **more})

    def _line(self, fields: dict[str, Any]) -> str:
        head = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
        }
        return _line({**head, **fields})


def _whole(reply: Reply, *, with_sources: bool) -> dict[str, Any]:
    completion = reply.completion
    message: dict[str, Any] = {"role": "assistant", "content": completion.text or None, "refusal": None}
    if completion.tool_calls:
        message["tool_calls"] = list(completion.tool_calls)
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": completion.finish_reason,
    }
    answer = {
        "id": f"chatcmpl-{new_id()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": completion.model,
        "choices": [choice],
        "usage": _usage(completion.tokens),
    }
    return {**answer, "sources": SOURCES.dump(reply.sources)} if with_sources else answer


def _usage(tokens: Tokens) -> dict[str, int]:
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    }


def _card(entry: ModelEntry) -> dict[str, Any]:
    return {"id": entry.name, "object": "model", "created": 0, "owned_by": str(entry.provider)}


def _has_sources(caller: Caller) -> bool:
    return caller.assistant is not None


def _json(body: dict[str, Any]) -> Response:
    return Response(_dumped(body), mimetype="application/json")


def _line(body: dict[str, Any]) -> str:
    return f"data: {_dumped(body)}\n\n"


def _dumped(body: dict[str, Any]) -> str:
    return _JSON.encode(body)
