"""Models behind any server that speaks OpenAI's chat completions."""

from __future__ import annotations

import copy
import json
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from urllib3.exceptions import HTTPError

from integrations.llm.answers import Part, TextCleaner, ToolCalls, clean, read_answer, read_frame
from integrations.llm.dialects import Dialects
from integrations.llm.failures import asked_to_wait, by_status, of_shape, reported, translated
from integrations.llm.sse import event_data
from integrations.llm.transport import Answer, Transport, checked_url, json_bytes, json_headers
from kit.errors import SettingsError
from models.catalogue import OPENAI_URL
from models.completions import Completion, CompletionRequest
from models.model_errors import ModelAnswerBroken, ModelError, ModelRefused, ModelTimedOut
from models.tokens import estimate_usage

CONNECT_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_PATH = "/chat/completions"
# A field that a server does not know is refused with one of these.
_FIELD_REFUSED = frozenset({400, 422})
_KEY = re.compile(r"[\x21-\x7e]*")
_WHY_EMPTY = {
    "length": "The model {model} used up its tokens before it wrote an answer.",
    "content_filter": "The answer of the model {model} was withheld by its server's filter.",
}


class OpenAICompatible:
    """A ``ChatModel`` over one set of kept connections.

    Nothing is retried here, no redirect followed, no proxy of the environment used, and the key goes
    to ``base_url`` alone (OpenAI's own when empty). Without a key none is sent, as local servers like
    it. ``SettingsError`` when key or URL cannot be ones.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        pool_size: int,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        url = checked_url(base_url or OPENAI_URL, "OPENAI_BASE_URL", _PATH)
        if not _KEY.fullmatch(api_key):
            raise SettingsError("OPENAI_API_KEY holds characters that no API key has.")
        self._transport = Transport(url, calls=pool_size, max_bytes=max_answer_bytes, ssl_context=ssl_context)
        self._target = url.request_uri
        self._headers = json_headers(api_key)
        self._dialects = Dialects()

    def with_key(self, api_key: str) -> OpenAICompatible:
        """The same server over the same connections, asked with another key.

        ``ModelRefused`` for what cannot be one.
        """
        if not _KEY.fullmatch(api_key):
            raise ModelRefused("The API key holds characters that no API key has.")
        other = copy.copy(self)
        vars(other).update(_headers=json_headers(api_key))
        return other

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The whole answer at once; a ``ModelError`` says why there is none."""
        try:
            content = self._send(request, timeout_s, stream=False).read()
        except HTTPError as error:
            raise translated(error, request.model) from None
        return _whole(request, content)

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """Text as it comes and at last the ``Completion``; closing it early closes the connection.

        A stream that stops before the server said that the answer is complete is ``ModelAnswerBroken``.
        """
        try:
            answer = self._send(request, timeout_s, stream=True)
            try:
                yield from _streamed(request, answer)
            finally:
                answer.close()
        except HTTPError as error:
            raise translated(error, request.model) from None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _send(self, request: CompletionRequest, timeout_s: float, *, stream: bool) -> Answer:
        """The server's answer, asked for again in another dialect while it refuses the present one."""
        deadline = time.monotonic() + timeout_s
        dialect = self._dialects.of(request.model)
        while True:
            body = dialect.body(request, stream=stream)
            answer = self._post(body, request, deadline)
            if answer.is_success:
                self._dialects.learn(request.model, dialect.after_success(body))
                return answer
            said = _refusal(answer)
            is_of_a_field = answer.status in _FIELD_REFUSED
            other = dialect.after_refusal(body, str(said).lower()) if is_of_a_field else None
            if other is None:
                raise _named(answer, said, request)
            dialect = other

    def _post(self, body: Mapping[str, Any], request: CompletionRequest, deadline: float) -> Answer:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ModelTimedOut
        brief = min(CONNECT_TIMEOUT_S, left)
        headers = {**request.headers, **self._headers} if request.headers else self._headers
        return self._transport.post(
            self._target, json_bytes(body), headers, wait_s=brief, connect_s=brief, total_s=left
        )


def _refusal(answer: Answer) -> object:
    """What an answer that is none says of why: its ``error``, its JSON, or its text."""
    content = answer.read()
    try:
        body: object = json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")
    return body.get("error", body) if isinstance(body, dict) else body


def _streamed(request: CompletionRequest, answer: Answer) -> Iterator[str | Completion]:
    if answer.headers.get("content-type", "").startswith("application/json"):
        whole = _whole(request, answer.read())  # a server that does not stream
        return iter((whole.text, whole))
    return _from_frames(request, answer)


def _whole(request: CompletionRequest, content: bytes) -> Completion:
    part = read_answer(_payload(content, request.model))
    return _completion(request, clean(part.text), part)


def _from_frames(request: CompletionRequest, chunks: Iterable[bytes]) -> Iterator[str | Completion]:
    cleaner, pieces, calls = TextCleaner(), list[str](), ToolCalls()
    said, done = Part(), False
    try:
        for data in event_data(chunks):
            if done := data.strip() == b"[DONE]":
                break
            part = read_frame(_payload(data, request.model))
            said = Part("", part.finish_reason or said.finish_reason, part.usage or said.usage)
            calls.feed(part.tool_calls)
            if text := cleaner.feed(part.text):
                pieces.append(text)
                yield text
    except HTTPError:
        if said.finish_reason is None:
            raise  # otherwise the whole answer is here and only the goodbye is missing
    if said.finish_reason is None and not done:
        raise ModelAnswerBroken(f"The answer of the model {request.model} was cut short.")
    if text := cleaner.finish():
        pieces.append(text)
        yield text
    yield _completion(request, "".join(pieces), replace(said, tool_calls=calls.finish()))


def _payload(data: bytes, model: str) -> object:
    """The JSON in ``data``; an error that came under a status of success is raised here."""
    try:
        payload: object = json.loads(data)
    except (ValueError, RecursionError):
        raise ModelAnswerBroken(f"The server of the model {model} sent something that is not JSON.") from None
    if isinstance(payload, dict) and payload.get("error"):
        raise reported(payload["error"], model)
    return payload


def _completion(request: CompletionRequest, text: str, said: Part) -> Completion:
    if not text.strip() and not said.tool_calls:
        why = _WHY_EMPTY.get(said.finish_reason or "", "The model {model} gave an empty answer.")
        raise ModelAnswerBroken(why.format(model=request.model))
    tokens = said.usage or estimate_usage(request.messages, text)
    usual = "tool_calls" if said.tool_calls else "stop"
    return Completion(text, request.model, tokens, said.finish_reason or usual, said.tool_calls)


def _named(answer: Answer, said: object, request: CompletionRequest) -> ModelError:
    """The named error for it; the server's own words stay out, they may quote key or prompt."""
    code = said.get("code") if isinstance(said, dict) else None
    known = code if isinstance(code, str) else None
    problem = by_status(answer.status, known, request.model, retry_after=asked_to_wait(answer.headers))
    return of_shape(problem, said, request.model) if request.asks_for_shape else problem
