"""Models behind any server that speaks OpenAI's chat completions."""

from __future__ import annotations

import copy
import http
import json
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx2
import openai

from integrations.llm.answers import Part, TextCleaner, ToolCalls, clean, read_answer, read_frame
from integrations.llm.dialects import Dialects
from integrations.llm.failures import asked_to_wait, by_status, of_shape, reported, translated
from integrations.llm.sse import event_data
from integrations.llm.urllib3_transport import Urllib3Transport
from kit.errors import SettingsError
from models.catalogue import OPENAI_URL
from models.completions import Completion, CompletionRequest
from models.model_errors import ModelAnswerBroken, ModelError, ModelRefused, ModelTimedOut
from models.tokens import estimate_usage

CONNECT_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_PATH = "/chat/completions"
_NOT_USUAL = frozenset({"authorization", "content-type", "accept-encoding", "host"})
_KEY = re.compile(r"[\x21-\x7e]*")
_WHY_EMPTY = {
    "length": "The model {model} used up its tokens before it wrote an answer.",
    "content_filter": "The answer of the model {model} was withheld by its server's filter.",
}


class OpenAICompatible:
    """A ``ChatModel`` over the openai package: one client with one pool of connections, made once.

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
        url = _checked_url(base_url or OPENAI_URL)
        if not _KEY.fullmatch(api_key):
            raise SettingsError("OPENAI_API_KEY holds characters that no API key has.")
        self._transport = Urllib3Transport(
            url, pool_size=pool_size, max_bytes=max_answer_bytes, ssl_context=ssl_context
        )
        self._client = openai.OpenAI(
            api_key=api_key or "none",
            admin_api_key="",
            base_url=url,
            max_retries=0,
            http_client=httpx2.Client(transport=self._transport, trust_env=False, follow_redirects=False),
        )
        # The package says how a request looks, once; what differs from call to call is its body and its key.
        usual = self._client.default_headers
        self._url = self._client.base_url.copy_with(
            raw_path=self._client.base_url.raw_path.rstrip(b"/") + _PATH.encode()
        )
        self._usual = {
            name: value
            for name, value in usual.items()
            if isinstance(value, str) and name.lower() not in _NOT_USUAL
        } | {"Content-Type": "application/json", "Accept-Encoding": "identity", "Host": _host(self._url)}
        self._headers = self._usual | _authorization(api_key)
        self._dialects = Dialects()

    def with_key(self, api_key: str) -> OpenAICompatible:
        """The same server over the same connections, asked with another key."""
        if not _KEY.fullmatch(api_key):
            raise ModelRefused("The API key holds characters that no API key has.")
        other = copy.copy(self)
        vars(other).update(_headers=self._usual | _authorization(api_key))
        return other

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The whole answer at once; a ``ModelError`` says why there is none."""
        try:
            response = self._send(request, timeout_s, stream=False)
        except (openai.APIError, httpx2.HTTPError) as error:
            raise _translated(error, request) from None
        return _whole(request, response.content)

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """Text as it comes and at last the ``Completion``; closing it early closes the connection.

        A stream that stops before the server said that the answer is complete is ``ModelAnswerBroken``.
        """
        try:
            response = self._send(request, timeout_s, stream=True)
            try:
                yield from _streamed(request, response)
            finally:
                response.close()
        except (openai.APIError, httpx2.HTTPError) as error:
            raise _translated(error, request) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, request: CompletionRequest, timeout_s: float, *, stream: bool) -> httpx2.Response:
        """The server's answer, asked for again in another dialect while it refuses the present one."""
        deadline = time.monotonic() + timeout_s
        dialect = self._dialects.of(request.model)
        while True:
            body = dialect.body(request, stream=stream)
            try:
                response = self._post(body, deadline, stream=stream)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                other = dialect.after_refusal(body, str(error.body).lower())
                if other is None:
                    raise
                dialect = other
                continue
            self._dialects.learn(request.model, dialect.after_success(body))
            return response

    def _post(self, body: Mapping[str, Any], deadline: float, *, stream: bool) -> httpx2.Response:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ModelTimedOut
        brief = min(CONNECT_TIMEOUT_S, left)
        request = httpx2.Request(
            "POST",
            self._url,
            headers=self._headers,
            content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
            extensions={"timeout": {"connect": brief, "pool": brief, "read": left, "write": left}},
        )
        response = self._transport.handle_request(request)
        response.request = request
        if response.status_code >= http.HTTPStatus.MULTIPLE_CHOICES:
            raise self._refusal(response)
        if not stream:
            _read(response)
        return response

    def _refusal(self, response: httpx2.Response) -> openai.APIStatusError:
        """The package's error for an answer that is none."""
        _read(response)
        try:
            body: object = json.loads(response.content)
        except (ValueError, RecursionError):
            body = response.text
        body = body.get("error", body) if isinstance(body, dict) else body
        return self._client._make_status_error("refused", body=body, response=response)  # noqa: SLF001  # there is no public way


def _translated(error: openai.APIError | httpx2.HTTPError, request: CompletionRequest) -> ModelError:
    """The named error for ``error``; the server's own words stay out of it, they may quote key or prompt."""
    if isinstance(error, openai.APIStatusError):
        retry_after = asked_to_wait(error.response.headers)
        problem = by_status(error.status_code, error.code, request.model, retry_after=retry_after)
        return of_shape(problem, error.body, request.model) if request.asks_for_shape else problem
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else None
    return translated(cause or error, request.model)


def _streamed(request: CompletionRequest, response: httpx2.Response) -> Iterator[str | Completion]:
    if response.headers.get("content-type", "").startswith("application/json"):
        whole = _whole(request, response.read())  # a server that does not stream
        return iter((whole.text, whole))
    return _from_frames(request, response.iter_bytes())


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
    except httpx2.HTTPError:
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


def _read(response: httpx2.Response) -> None:
    try:
        response.read()
    finally:
        response.close()


def _authorization(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def _host(url: httpx2.URL) -> str:
    return url.netloc.decode("ascii")


def _checked_url(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise SettingsError("OPENAI_BASE_URL is not a URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError("OPENAI_BASE_URL must begin with http:// or https:// and name a server.")
    return url
