"""Models of an Ollama server, asked in its own protocol: it takes the length of the context, OpenAI's does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from urllib3.exceptions import HTTPError

from integrations.llm.answers import Part, TextCleaner, ToolCalls, clean
from integrations.llm.failures import reported, translated
from integrations.llm.http_server import KeyedServer, json_object, read_object
from integrations.llm.transport import Answer
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelAnswerBroken
from models.tokens import estimate_usage

_PATH = "/api/chat"
_OPTIONS = ("stop", "seed", "presence_penalty", "frequency_penalty")


class Ollama(KeyedServer):
    """A ``ModelServer`` of Ollama's ``/api/chat``, streamed as lines of JSON; a key is for proxies before it."""

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The whole answer; a ``ModelError`` says why there is none."""
        answer = self._post(request, timeout_s, stream=False)
        part = _part(read_object(answer, request.model), request.model)
        if part.finish_reason is None:
            raise ModelAnswerBroken(f"The answer of the model {request.model} was cut short.")
        calls = ToolCalls()
        calls.feed(part.tool_calls)
        return _completion(request, clean(part.text), part, calls)

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """Text as it comes and at last the ``Completion``; closing it early closes the connection."""
        answer = self._post(request, timeout_s, stream=True)
        try:
            yield from _streamed(request, answer)
        except HTTPError as error:
            raise translated(error, request.model) from None
        finally:
            answer.close()

    def _post(self, request: CompletionRequest, timeout_s: float, *, stream: bool) -> Answer:
        body = body_of(request, stream=stream)
        return self._server.post(_PATH, body, request, api_key=self._key, timeout_s=timeout_s)


def body_of(request: CompletionRequest, *, stream: bool) -> dict[str, Any]:
    """The request in Ollama's words; of the extra fields those that it has words for."""
    extra = request.extra
    options = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "num_predict": request.max_tokens,
        "num_ctx": request.context,  # untold, Ollama cuts a prompt at a few thousand tokens, silently
        **{name: extra.get(name) for name in _OPTIONS},
    }
    whole = {
        "model": request.model,
        "messages": [_message(one) for one in request.messages],
        "stream": stream,
        "options": {name: value for name, value in options.items() if value is not None},
        "tools": extra.get("tools"),
        "format": _format(extra.get("response_format")),
    }
    return {name: value for name, value in whole.items() if value is not None}


def _message(message: PromptMessage) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if name := message.extra.get("name"):
        sent["tool_name"] = name
    calls = message.extra.get("tool_calls")
    if isinstance(calls, list):
        sent["tool_calls"] = [
            {"function": {**one["function"], "arguments": _object(one["function"].get("arguments"))}}
            for one in calls
            if isinstance(one, dict) and isinstance(one.get("function"), dict)
        ]
    return sent


def _object(text: object) -> Any:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _format(wanted: object) -> Any:
    if not isinstance(wanted, dict):
        return None
    if wanted.get("type") == "json_schema":
        described = wanted.get("json_schema")
        return described.get("schema") if isinstance(described, dict) else None
    return "json" if wanted.get("type") == "json_object" else None


def _streamed(request: CompletionRequest, chunks: Iterable[bytes]) -> Iterator[str | Completion]:
    cleaner, pieces, calls, said = TextCleaner(), list[str](), ToolCalls(), Part()
    count = 0
    for line in _lines(chunks):
        part = _part(json_object(line, request.model), request.model)
        calls.feed({**one, "index": count + n} for n, one in enumerate(part.tool_calls))
        count += len(part.tool_calls)
        if text := cleaner.feed(part.text):
            pieces.append(text)
            yield text
        if part.finish_reason is not None:
            said = part
            break
    if said.finish_reason is None:
        raise ModelAnswerBroken(f"The answer of the model {request.model} was cut short.")
    if text := cleaner.finish():
        pieces.append(text)
        yield text
    yield _completion(request, "".join(pieces), said, calls)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(bytes.strip, whole)
    if rest.strip():
        yield rest


def _part(payload: Mapping[str, Any], model: str) -> Part:
    """What one line says; ``finish_reason`` only on the last."""
    if payload.get("error"):
        raise reported(payload["error"], model)
    message = payload.get("message")
    content = message.get("content") or "" if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(content, str):
        raise ModelAnswerBroken(f"The server of the model {model} sent an answer without a message.")
    reason = str(payload.get("done_reason") or "stop") if payload.get("done") is True else None
    return Part(content, reason, _usage(payload), _calls(message.get("tool_calls")))


def _calls(calls: object) -> tuple[Mapping[str, Any], ...]:
    """Ollama gives arguments as an object; everybody else speaks of their JSON text."""
    if not isinstance(calls, list):
        return ()
    functions = [one.get("function") for one in calls if isinstance(one, dict)]
    return tuple(
        {"function": {**one, "arguments": json.dumps(one.get("arguments") or {}, ensure_ascii=False)}}
        for one in functions
        if isinstance(one, dict)
    )


def _usage(payload: Mapping[str, Any]) -> Tokens | None:
    read, written = payload.get("prompt_eval_count"), payload.get("eval_count")
    if type(read) is not int or type(written) is not int or min(read, written) < 0:
        return None
    return Tokens(input=read, output=written)


def _completion(request: CompletionRequest, text: str, said: Part, calls: ToolCalls) -> Completion:
    tool_calls = calls.finish()
    if not text.strip() and not tool_calls:
        raise ModelAnswerBroken(f"The model {request.model} gave an empty answer.")
    tokens = said.usage or estimate_usage(request.messages, text)
    reason = "tool_calls" if tool_calls else said.finish_reason or "stop"
    return Completion(text, request.model, tokens, reason, tool_calls)
