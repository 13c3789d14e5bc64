"""Models that LangChain reaches: whatever ``init_chat_model`` knows and has a package for."""

from __future__ import annotations

import copy
import json
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.llm.answers import TextCleaner, clean
from integrations.llm.failures import by_status
from kit.workplaces import away
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, ToolCall
from models.model_errors import (
    ModelAnswerBroken,
    ModelError,
    ModelNotConfigured,
    ModelShapeRefused,
    ModelTimedOut,
    ModelUnavailable,
)
from models.tokens import estimate_usage

MOST = 32  # chat models kept; making one costs milliseconds
LONGEST_S = 600.0  # after which a call that nobody waits for any more ends by itself
# ``make(model, **options)`` is ``init_chat_model``; a chat model is asked by ``stream`` and has no type here, so
# that LangChain is not imported before it is used.
Make = Callable[..., Any]
_Given = queue.SimpleQueue[
    tuple[Any, BaseException | None, bool]
]  # a chunk, or why there is none; whether it is the last


class LangChainModels:
    """A ``ModelServer`` over LangChain's chat models; its own retries are off.

    Every call runs in a thread of its own, since LangChain has no deadline for a whole answer: what comes
    after it is not waited for.
    """

    def __init__(self, make: Make, base_url: str = "") -> None:
        self._make = make
        self._base_url = base_url
        self._key = ""
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def with_key(self, api_key: str) -> LangChainModels:
        """The same, with a key of its own; without one LangChain looks for the vendor's variable."""
        other = copy.copy(self)
        vars(other).update(_key=api_key)
        return other

    def close(self) -> None:
        """Let go of the chat models, and of their connections with them."""
        with self._lock:
            self._made.clear()

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The whole answer; a ``ModelError`` says why there is none."""
        *_, last = self.stream(request, timeout_s)
        if isinstance(last, Completion):
            return last
        raise ModelAnswerBroken

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """Text as it comes and at last the ``Completion``."""
        cleaner, pieces, whole = TextCleaner(), list[str](), None
        for chunk in _within(lambda: self._chunks(request), timeout_s, request.model):
            whole = chunk if whole is None else whole + chunk
            if text := cleaner.feed(_text_of(chunk)):
                pieces.append(text)
                yield text
        if text := cleaner.finish():
            pieces.append(text)
            yield text
        yield _completion(request, "".join(pieces), whole)

    def _chunks(self, request: CompletionRequest) -> Iterator[Any]:
        messages = [{"role": one.role, "content": one.content, **one.extra} for one in request.messages]
        model, extra = self._model(request), request.extra
        if extra.get("tools"):
            model = model.bind_tools(extra["tools"], tool_choice=extra.get("tool_choice"))
        more = {"stop": extra["stop"]} if extra.get("stop") else {}
        return iter(model.stream(messages, **more))

    def _model(self, request: CompletionRequest) -> Any:
        options = {
            "api_key": self._key or None,
            "base_url": self._base_url or None,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "max_tokens": request.max_tokens,
        }
        given = {name: value for name, value in options.items() if value is not None}
        name = (request.model, *given.items())
        with self._lock:
            if name not in self._made:
                made = self._make(request.model, max_retries=0, timeout=LONGEST_S, **given)
                if hasattr(made, "stream_usage"):
                    made.stream_usage = True  # else only OpenAI's own server is asked what it counted
                self._made[name] = made
                if len(self._made) > MOST:
                    self._made.popitem(last=False)
            self._made.move_to_end(name)
            return self._made[name]


def _within(begin: Callable[[], Iterator[Any]], timeout_s: float, model: str) -> Iterator[Any]:
    """What ``begin()`` gives, taken in a thread of its own, until the time is up."""
    deadline = time.monotonic() + timeout_s
    given: _Given = queue.SimpleQueue()
    left = threading.Event()
    threading.Thread(target=_give, args=(begin, given, left), name="langchain", daemon=True).start()
    try:
        while True:
            try:
                with away():
                    chunk, problem, over = given.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                raise ModelTimedOut(f"The model {model} took too long to answer.") from None
            if problem is not None:
                raise _named(problem, model) from problem
            if over:
                return
            yield chunk
    finally:
        left.set()


def _give(begin: Callable[[], Iterator[Any]], given: _Given, left: threading.Event) -> None:
    try:
        for chunk in begin():
            if left.is_set():
                return
            given.put((chunk, None, False))
        given.put((None, None, True))
    except BaseException as problem:  # noqa: BLE001  # it is raised again where it is waited for
        given.put((None, problem, True))


def _named(problem: BaseException, model: str) -> ModelError:
    """The named error; every vendor's package has its own, most with a status."""
    if isinstance(problem, NotImplementedError):
        return ModelShapeRefused(f"The model {model} calls no tools.")
    if isinstance(problem, ImportError):
        return ModelNotConfigured(f"The model {model} needs a LangChain package that is not installed.")
    if isinstance(problem, ValueError | TypeError):
        return ModelNotConfigured(f"LangChain knows no model {model}, or not with these options.")
    response = getattr(problem, "response", None)
    status = getattr(problem, "status_code", None) or getattr(response, "status_code", None)
    if type(status) is int:
        return by_status(status, None, model)
    if "timeout" in type(problem).__name__.lower():
        return ModelTimedOut(f"The model {model} took too long to answer.")
    return ModelUnavailable(f"The model {model} failed.")


def _text_of(chunk: Any) -> str:
    content = chunk.content
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (one if isinstance(one, str) else one.get("text") for one in parts if isinstance(one, str | dict))
    return "".join(one for one in texts if isinstance(one, str))


def _completion(request: CompletionRequest, text: str, whole: Any) -> Completion:
    calls = tuple(_call(n, one) for n, one in enumerate(getattr(whole, "tool_calls", None) or ()))
    if not text.strip() and not calls:
        raise ModelAnswerBroken(f"The model {request.model} gave an empty answer.")
    told = getattr(whole, "response_metadata", None) or {}
    reason = told.get("finish_reason") or told.get("stop_reason")
    usual = "tool_calls" if calls else "stop"
    tokens = _usage(getattr(whole, "usage_metadata", None)) or estimate_usage(request.messages, text)
    return Completion(text, request.model, tokens, reason if isinstance(reason, str) else usual, calls)


def _call(number: int, call: Mapping[str, Any]) -> ToolCall:
    arguments = clean(json.dumps(call.get("args") or {}, ensure_ascii=False))
    function = {"name": clean(str(call.get("name") or "")), "arguments": arguments}
    return {"id": str(call.get("id") or f"call_{number}"), "type": "function", "function": function}


def _usage(usage: Mapping[str, Any] | None) -> Tokens | None:
    if not usage or type(usage.get("input_tokens")) is not int or type(usage.get("output_tokens")) is not int:
        return None
    return Tokens(input=usage["input_tokens"], output=usage["output_tokens"])
