"""Models behind a plain server: ``{"message"}`` is posted, ``{"response"}`` comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.llm.answers import clean
from integrations.llm.http_server import KeyedServer, read_object
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import ModelAnswerBroken
from models.tokens import estimate_usage

_SPEAKERS = {"user": "User", "assistant": "Assistant", "tool": "Tool"}


class PlainHttp(KeyedServer):
    """A ``ModelServer`` that knows one field: everything is said in one text, and the answer comes whole."""

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        """The answer, its tokens estimated; a ``ModelError`` says why there is none."""
        body = {"message": rendered(request.messages)}
        answer = self._server.post("", body, request, api_key=self._key, timeout_s=timeout_s)
        text = read_object(answer, request.model).get("response")
        if not isinstance(text, str) or not text.strip():
            raise ModelAnswerBroken(f"The server of the model {request.model} sent no response.")
        text = clean(text)
        return Completion(text, request.model, estimate_usage(request.messages, text))

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        """The same in one piece."""
        completion = self.complete(request, timeout_s)
        yield completion.text
        yield completion


def rendered(messages: Sequence[PromptMessage]) -> str:
    """The whole prompt as one text.

    Instructions come first, as they are; then, each under who said it, what was said before; the last message
    stands at the end, alone as it is when nothing was said before it.
    """
    rules = [one.content for one in messages if one.role in ("system", "developer")]
    said = [one for one in messages if one.role not in ("system", "developer")]
    if len(said) == 1:
        return "\n\n".join([*rules, said[0].content])
    lines = [f"{_SPEAKERS.get(one.role, one.role)}: {one.content}" for one in said]
    return "\n\n".join([*rules, *lines])
