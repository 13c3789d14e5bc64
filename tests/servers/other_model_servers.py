"""Real HTTP servers that speak Ollama's protocol and the plain one, and misbehave as ``OpenAIServer`` does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tests.servers.openai_server import OpenAIServer, Protocol, Reply

TAGS = {"models": [{"name": "llama3.1:8b", "model": "llama3.1:8b", "size": 1}, {"name": "qwen3:4b"}]}


def _ollama_whole(asked: Mapping[str, Any], reply: Reply) -> Mapping[str, Any]:
    if reply.status != 200:
        return {"error": f"status {reply.status}"}
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message["tool_calls"] = list(reply.tool_calls)
    return {"model": asked.get("model"), "message": message, **_ollama_end(reply)}


def _ollama_frames(asked: Mapping[str, Any], reply: Reply) -> Iterable[bytes]:
    pieces = reply.pieces if reply.pieces is not None else re.findall(r"\S+\s*|\s+", reply.text)
    for piece in pieces:
        yield _line({"model": asked.get("model"), "message": {"content": piece}, "done": False})
    if reply.tool_calls:
        yield _line({"message": {"content": "", "tool_calls": list(reply.tool_calls)}, "done": False})
    if reply.done:
        yield _line({"model": asked.get("model"), "message": {"content": ""}, **_ollama_end(reply)})


def _ollama_end(reply: Reply) -> dict[str, Any]:
    counts = dict(zip(("prompt_eval_count", "eval_count"), reply.usage or (), strict=False))
    return {"done": True, "done_reason": reply.finish_reason, **counts}


def _plain_whole(_asked: Mapping[str, Any], reply: Reply) -> Mapping[str, Any]:
    return {"response": reply.text} if reply.status == 200 else {"detail": f"status {reply.status}"}


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


class OllamaServer(OpenAIServer):
    """``/api/chat`` in NDJSON, and ``/api/tags``."""

    protocol: ClassVar[Protocol] = Protocol(
        base_path="",
        path="/api/chat",
        stream_type="application/x-ndjson",
        whole=_ollama_whole,
        frames=_ollama_frames,
        others={"/api/tags": TAGS},
    )


class PlainServer(OpenAIServer):
    """``{"message"}`` → ``{"response"}``."""

    protocol: ClassVar[Protocol] = Protocol(base_path="/generate", path="/generate", whole=_plain_whole)
